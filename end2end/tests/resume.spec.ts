import { begin } from "./asking";
import { expect, hydrated, signIn, test } from "./support";

test("CH-2 A reload in mid-answer comes with the text so far in its HTML, and the page goes on from there", async ({ page }) => {
  await signIn(page, "resumer");
  await begin(page);
  await page.getByRole("textbox", { name: "Message" }).fill("Please answer slowly, I want to read along");
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/chat\/[0-9a-f-]{36}/);
  const plain = (text: string | null) => (text ?? "").trim().replace(/\s+/g, " ");
  const prose = page.locator(".thread .prose").last();
  const read = async () => plain(await prose.textContent());
  await expect.poll(async () => (await read()).length).toBeGreaterThan(60);
  const before = await read();

  // What the server sends, before any script has run: everything that was seen already.
  const html = await (await page.request.get(page.url())).text();
  const sent = await page.evaluate((html) => {
    const all = new DOMParser().parseFromString(html, "text/html").querySelectorAll(".thread .prose");
    return all[all.length - 1]?.textContent ?? "";
  }, html);
  expect(plain(sent).startsWith(before), `«${plain(sent)}» goes on from «${before}»`).toBe(true);
  expect(html).toContain('aria-busy="true"');

  await page.reload();
  const shown = await read();
  expect(shown.startsWith(plain(sent).slice(0, 120))).toBe(true);
  await hydrated(page);
  await expect.poll(async () => (await read()).length).toBeGreaterThan(shown.length + 40);
  await page.getByRole("button", { name: "Stop answering" }).click();
  await expect(page.getByText("You stopped this answer here.")).toBeVisible();
  // Nothing twice.
  const whole = await read();
  await page.reload();
  expect(await read()).toBe(whole);
  expect(whole.split("I am a small model").length).toBe(2);
});
