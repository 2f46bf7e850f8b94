import { expect, signIn, test } from "./support";

test("BP-4 A plan is bought, cancelled and resumed without JavaScript", async ({ page }) => {
  test.setTimeout(120_000);
  await signIn(page, "plain-subscriber", { scripts: false });
  await page.goto("/billing");
  await page.getByRole("link", { name: "Choose a plan" }).click();
  await page.getByRole("button", { name: /^(Try Pro for|Buy Pro by the month)/ }).first().click();
  // A page of ours says where it leads, and the browser goes on by itself.
  await expect(page.getByRole("heading", { name: "Subscribe" })).toBeVisible({ timeout: 20_000 });
  await page.getByRole("button", { name: "Pay", exact: true }).click();
  await page.waitForURL(/\/billing\/success\?session_id=/);
  await expect(page.getByText("Pro is yours from now on.")).toBeVisible();
  await page.getByRole("link", { name: "Your plan" }).click();
  await page.getByRole("button", { name: "Cancel plan" }).first().click();
  await page.locator("#cancel-plan").getByRole("button", { name: "Cancel plan" }).click();
  await expect(page.getByText("The plan is cancelled.")).toBeVisible();
  await page.getByRole("button", { name: "Resume plan" }).click();
  await expect(page.getByText("The plan goes on as it was.")).toBeVisible();
  await page.getByRole("button", { name: "Change at Stripe" }).click();
  await expect(page).toHaveURL(/billing\.stripe\.com/, { timeout: 20_000 });
});
