import { connect, expect, signIn, test } from "./support";

test("UN-12 A change is undone from its card, and another from the log, without JavaScript", async ({ page }) => {
  await signIn(page, "plain-undoer", { scripts: false });
  await connect(page, "GitHub");
  const card = page.locator(".proposal").first();
  const close = async () => {
    await page.goto("/chat");
    await page.getByRole("textbox", { name: "Message" }).fill("Close issue 1490");
    await page.getByRole("button", { name: "Send" }).click();
    await page.waitForURL(/\/chat\/[0-9a-f-]{36}/);
    await expect(async () => {
      await page.reload();
      await expect(card).toContainText("Waiting for you", { timeout: 500 });
    }).toPass({ timeout: 20_000 });
    await card.getByRole("button", { name: "Approve" }).click();
    await expect(card).toContainText("Undo does «Close or reopen»");
  };
  await close();
  await card.getByRole("button", { name: "Undo" }).click();
  await page.waitForURL(/\/chat\/[0-9a-f-]{36}/);
  await expect(card).toContainText("Undone by you at");
  await close();

  await page.goto("/settings/activity/services?effect=write");
  const rows = page.locator("tbody tr");
  await expect(rows).toHaveCount(3);
  await page.getByRole("button", { name: /^Undo: Close or reopen/ }).click();
  await page.waitForURL(/\/settings\/activity\/services/);
  await expect(page.getByRole("button", { name: /^Undo/ })).toHaveCount(0);
  await expect(rows.filter({ hasText: "Undid an earlier change" })).toHaveCount(2);
});
