import { expect, signIn, test } from "./support";

test("AN-13 Signing in, connecting, asking and reading work without JavaScript", async ({ page }) => {
  await signIn(page, "plain", { scripts: false });
  await page.goto("/connections");
  await page.getByRole("link", { name: "Connect GitHub" }).first().click();
  await page.getByRole("button", { name: /allow/i }).click();
  await page.waitForURL(/\/connections/);
  await page.goto("/chat");
  await page.getByRole("textbox", { name: /ask|message/i }).fill("Which issues are open?");
  await page.getByRole("button", { name: /send/i }).click();
  await page.waitForURL(/\/chat\/[0-9a-f-]{36}/);
  await expect(async () => {
    await page.reload();
    await expect(page.getByRole("button", { name: "Allow" })).toBeVisible({ timeout: 500 });
  }).toPass({ timeout: 30_000 });
  await page.getByRole("button", { name: "Allow" }).click();
  await expect(async () => {
    await page.reload();
    await expect(page.locator(".thread .prose").last()).toContainText("Export hangs", { timeout: 500 });
  }).toPass({ timeout: 30_000 });
});
