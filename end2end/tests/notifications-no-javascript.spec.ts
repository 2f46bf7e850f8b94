import { expect, signIn, test } from "./support";

test("NO-16 The bell leads to the list, and what is told is read and chosen, without JavaScript", async ({ page }) => {
  await signIn(page, "plainbell", { scripts: false });
  await page.goto("/settings/developer");
  await page.getByLabel("Name").fill("backup");
  await page.getByLabel(/List and read your files/).check();
  await page.getByRole("button", { name: "Make the key" }).click();
  await page.waitForURL(/\/settings\/developer/);
  await page.locator(".sidebar").getByRole("link", { name: "Notifications, 1 unread" }).click();
  await page.waitForURL(/\/notifications$/);
  await expect(page.getByText("An API key was made for your Aura account")).toBeVisible();
  await page.getByRole("button", { name: "Mark read: An API key was made for your Aura account" }).click();
  await page.waitForURL(/\/notifications$/);
  await expect(page.locator(".sidebar").getByRole("link", { name: "Notifications", exact: true })).toBeVisible();
  await page.getByRole("button", { name: "Look at: An API key was made for your Aura account" }).click();
  await page.waitForURL(/\/settings\/security$/);
  await page.goto("/notifications?show=unread");
  await expect(page.getByRole("heading", { name: "You have read everything" })).toBeVisible();

  await page.goto("/settings/notifications");
  const security = page.getByRole("group", { name: "Security" }).getByLabel("In the app");
  await expect(security).toBeChecked();
  await security.uncheck();
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByText("What you are told is saved.")).toBeVisible();
  await expect(security).not.toBeChecked();
  await page.goto("/settings/developer");
  await page.getByLabel("Name").fill("another");
  await page.getByLabel(/List and read your files/).check();
  await page.getByRole("button", { name: "Make the key" }).click();
  await page.waitForURL(/\/settings\/developer/);
  await expect(page.locator(".sidebar").getByRole("link", { name: "Notifications", exact: true })).toBeVisible();
});
