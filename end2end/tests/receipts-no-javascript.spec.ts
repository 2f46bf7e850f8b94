import { connect, expect, signIn, test } from "./support";

test("The activity page, its filters and its files work without JavaScript", async ({ page }) => {
  await signIn(page, "plain-receipts", { scripts: false });
  await connect(page, "GitHub");
  await page.goto("/chat");
  await page.getByRole("textbox", { name: "Message" }).fill("Close issue 1490");
  await page.getByRole("button", { name: "Send" }).click();
  await page.waitForURL(/\/chat\/[0-9a-f-]{36}/);
  const card = page.locator(".proposal").first();
  await expect(async () => {
    await page.reload();
    await expect(card).toContainText("Waiting for you", { timeout: 500 });
  }).toPass({ timeout: 20_000 });
  await card.getByRole("button", { name: "Deny" }).click();
  await expect(card).toContainText("You said no");

  await page.goto("/settings/activity");
  await page.getByRole("link", { name: "What Aura did through your accounts" }).click();
  const rows = page.locator("tbody tr");
  await expect(rows).toHaveCount(2);
  await page.getByRole("navigation", { name: "Reads and changes" }).getByRole("link", { name: "Changed" }).click();
  await expect(rows).toHaveCount(1);
  await expect(rows.first()).toContainText("Not made");
  await expect(rows.first()).toContainText("You said no");
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name: "JSON" }).click()]);
  expect(download.suggestedFilename()).toBe("aura-calls.json");
  await page.getByRole("radio", { name: "Not at all" }).check();
  await page.getByRole("button", { name: "Save" }).click();
  await page.waitForURL(/\/settings\/activity\/services/);
  await expect(page.getByRole("radio", { name: "Not at all" })).toBeChecked();
});
