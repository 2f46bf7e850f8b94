import { expect, signIn, test } from "./support";

test("GA-13 Searching, reading about a service and connecting it work without JavaScript", async ({ page }) => {
  await page.goto("/integrations");
  await page.getByLabel("Search services").fill("git");
  await page.getByRole("button", { name: "Search" }).click();
  await page.waitForURL(/q=git/);
  await page.getByRole("link", { name: "GitHub", exact: true }).click();
  await expect(page.getByRole("heading", { level: 1, name: "GitHub" })).toBeVisible();
  await expect(page.getByRole("heading", { name: "How access ends" })).toBeVisible();
  await signIn(page, "gallery-plain", { scripts: false });
  await page.goto("/connections");
  await page.getByLabel("Search services").fill("hub");
  await page.getByLabel("Only what can be connected here").check();
  await page.getByRole("button", { name: "Search" }).click();
  await page.waitForURL(/q=hub/);
  const tiles = page.locator("#add .catalogue > li");
  await expect(tiles.filter({ hasText: "GitHub" })).toHaveCount(1);
  await expect(tiles.filter({ hasText: "Slack" })).toHaveCount(0);
  await page.getByRole("navigation", { name: "Categories" }).getByRole("link", { name: /^Development/ }).click();
  await page.waitForURL(/category=development&q=hub&here=on/);
  await tiles.getByRole("link", { name: "Connect GitHub" }).click();
  await page.getByRole("button", { name: /allow/i }).click();
  await page.waitForURL(/\/connections/);
  await expect(page.getByText("1 connected").first()).toBeVisible();
});
