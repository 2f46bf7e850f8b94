import { expect, hydrated, signIn, test } from "./support";

test("GA-11 From a search in front of the app it is two presses and a sign-in to the consent page", async ({ page }) => {
  await page.goto("/integrations");
  await page.getByRole("navigation", { name: "Categories" }).getByRole("link", { name: /^Music/ }).click();
  await expect(page.getByRole("heading", { name: "Music" })).toBeInViewport();
  await page.getByLabel("Search services").fill("issues");
  await page.keyboard.press("Enter");
  await page.waitForURL(/\?q=issues/);
  await page.getByRole("link", { name: "Linear", exact: true }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Linear" })).toBeVisible();
  await expect(page.getByText("Asks before it changes").first()).toBeVisible();
  await signIn(page, "gallery");
  await page.goto("/integrations/linear");
  await page.getByRole("link", { name: "Connect Linear" }).click();
  await page.waitForURL(/\/connections\?q=linear/);
  await hydrated(page);
  await page.getByRole("link", { name: "Connect Linear" }).click();
  await expect(page.getByRole("button", { name: /allow/i })).toBeVisible();
});

test("GA-12 Inside, the list narrows while one types, and headings and what is set up narrow it further", async ({ page }) => {
  await signIn(page, "narrow");
  await page.goto("/connections");
  await hydrated(page);
  const tiles = page.locator("#add .catalogue > li");
  const all = await tiles.count();
  expect(all).toBe(68);
  await page.getByLabel("Search services").fill("calendar");
  await expect(page.locator("#add").getByRole("status")).toHaveText(/^\d of 68 services$/);
  await expect(tiles.filter({ hasText: "Google Calendar" })).toHaveCount(1);
  expect(new URL(page.url()).search, "nothing is loaded for it").toBe("");
  await page.getByLabel("Search services").fill("no such thing");
  await expect(page.getByText("No service is like that")).toBeVisible();
  await page.getByLabel("Search services").fill("");
  await expect(tiles).toHaveCount(68);
  await page.getByRole("navigation", { name: "Categories" }).getByRole("link", { name: /^Development/ }).click();
  await page.waitForURL(/category=development/);
  await expect(tiles).toHaveCount(3);
  await expect(page.locator(".chip[aria-current=true]")).toHaveText(/Development/);
  await page.getByLabel("Only what can be connected here").check();
  await expect(tiles).toHaveCount(1);
  await expect(tiles).toContainText("GitHub");
  await page.reload();
  await expect(tiles).toHaveCount(3);
});
