import { expect, inEveryLook, signIn, test } from "./support";

test("OA-20 The pages between ours and a consent page pass axe and fit a phone, light and dark", async ({ page }) => {
  await signIn(page, "between");
  await page.goto("/api/integrations/zendesk");
  await inEveryLook(page, "the form");
  await page.goto("/api/integrations/zendesk?subdomain=northbeam");
  await inEveryLook(page, "the page that names the host");
  await page.goto("/api/integrations/jira");
  await page.getByRole("button", { name: /allow/i }).click();
  await expect(page.getByRole("heading", { name: "Which site?" })).toBeVisible();
  await inEveryLook(page, "the choice");
  await page.getByRole("button", { name: "Connect" }).click();
  await page.waitForURL(/\/connections\?connected=jira/);
  // Another account in the place of the one that is connected.
  const details = page.locator("a[href^='/connections/']").filter({ hasText: "Details" }).first();
  const id = (await details.getAttribute("href"))!.split("/").pop();
  await page.goto(`/api/integrations/jira?reconnect=${id}`);
  await page.getByRole("radio", { name: /Jonas/ }).check();
  await page.getByRole("button", { name: /allow/i }).click();
  await expect(page.getByRole("heading", { name: "This is another Jira account" })).toBeVisible();
  await inEveryLook(page, "the page about another account");
  await page.getByRole("button", { name: "Leave it as it was" }).click();
  await page.waitForURL(/\/connections\?cancelled=jira/);
});
