import { expect, SOME_VARIANTS, test, violations } from "./support";

// What Scalar itself does not keep to: its button that copies has no name until it is pointed at, the placeholder of its
// search is pale; on narrow screens it brings a banner of its own, and lists that scroll and take no focus. The list that it
// stands in for is held to every rule.
const OF_SCALAR = [
  "button-name", "color-contrast", "landmark-no-duplicate-banner", "landmark-unique", "scrollable-region-focusable",
];

for (const { width, colorScheme } of SOME_VARIANTS) {
  test(`The JSON API at ${width} px in ${colorScheme}: the list, and Scalar in its place`, async ({ page, context, consoleErrors }) => {
    await page.setViewportSize({ width, height: 900 });
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    const elsewhere: string[] = [];
    const own = process.env.AURA_URL ?? "http://127.0.0.1:3000";
    context.on("request", (request) => { if (!request.url().startsWith(own)) elsewhere.push(request.url()); });

    // What is there without Scalar.
    await page.route("**/scalar/*.js", (route) => route.abort());
    await page.goto("/api/docs");
    await expect(page.getByRole("heading", { name: "The JSON API", level: 1 })).toBeVisible();
    await expect(page.getByText("POST /api/v1/tokens", { exact: true })).toBeVisible();
    consoleErrors.splice(0, consoleErrors.length);
    expect(await violations(page)).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)).toBeLessThanOrEqual(0);
    await page.unroute("**/scalar/*.js");

    // With it; the console stays free of errors, so that nothing is stopped by the content security policy.
    await page.goto("/api/docs");
    await expect(page.locator("#operations")).toHaveCount(0);
    await expect(page.locator("div#main").getByRole("heading", { name: "Aura", exact: true })).toBeVisible();
    expect(await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)).toBeLessThanOrEqual(0);
    const dark = await page.evaluate(() => document.body.classList.contains("dark-mode"));
    expect(dark).toBe(colorScheme === "dark");
    expect(await violations(page, OF_SCALAR)).toEqual([]);
    expect(elsewhere, "nobody else is asked").toEqual([]);
  });
}
