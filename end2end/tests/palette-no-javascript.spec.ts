import { expect, signIn, test } from "./support";

test("KB-8 Without JavaScript the way to the palette leads to the search, which is a form", async ({ page }) => {
  await signIn(page, "no-palette", { scripts: false });
  await page.goto("/chat");
  await page.getByRole("textbox", { name: "Message" }).fill("Which lighthouse is the tallest?");
  await page.getByRole("button", { name: "Send" }).click();
  await page.waitForURL(/\/chat\/[0-9a-f-]{36}/);
  await page.getByRole("link", { name: "Search and commands" }).first().click();
  await page.waitForURL(/\/chat\/search$/);
  await page.getByRole("main").getByRole("searchbox", { name: "Search conversations" }).fill("lighthouse");
  await page.getByRole("main").getByRole("button", { name: "Search" }).click();
  await page.waitForURL(/q=lighthouse/);
  await page.locator(".rows a", { hasText: "lighthouse" }).first().click();
  await page.waitForURL(/\/chat\/[0-9a-f-]{36}\?at=[0-9a-f-]{36}#m-/);
  await expect(page.locator("[data-found]")).toContainText("Which lighthouse is the tallest?");
});
