import { connect, expect, hydrated, signIn, test, violations } from "./support";

test("What was read and changed stands on the activity page, and leads back", async ({ page }) => {
  await signIn(page, "receipts");
  await connect(page, "GitHub");
  await page.goto("/chat");
  await hydrated(page);
  await page.getByRole("textbox", { name: "Message" }).fill("Close issue 1490");
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/chat\/[0-9a-f-]{36}/);
  const conversation = new URL(page.url()).pathname;
  const card = page.locator(".proposal").first();
  await expect(card).toContainText("Waiting for you", { timeout: 20_000 });
  await card.getByRole("button", { name: "Approve" }).click();
  await expect(card).toContainText("Done", { timeout: 20_000 });
  await expect(page.locator(".thread[aria-busy=true]")).toHaveCount(0);

  // On a phone the arrow of the link stands beside the last line of its words.
  await page.setViewportSize({ width: 390, height: 844 });
  const arrow = await card.locator("a.made .icon").boundingBox();
  const words = await card.locator("a.made span").boundingBox();
  expect(arrow!.y).toBeLessThan(words!.y + words!.height);
  expect(arrow!.x).toBeGreaterThanOrEqual(words!.x + words!.width);
  await page.setViewportSize({ width: 1280, height: 900 });

  await page.goto("/settings/activity");
  await hydrated(page);
  await page.getByRole("link", { name: "What Aura did through your accounts" }).click();
  await expect(page.getByRole("heading", { name: "What Aura did" })).toBeVisible();
  const rows = page.locator("tbody tr");
  // What stood there was read before the change was proposed.
  await expect(rows).toHaveCount(2);
  await expect(rows.first()).toContainText("GitHub");
  await expect(rows.first()).toContainText("Changed");
  await expect(rows.first()).toContainText("Approved by you");
  await expect(rows.nth(1)).toContainText("what stood there");
  expect(await violations(page)).toEqual([]);

  await page.getByRole("navigation", { name: "Reads and changes" }).getByRole("link", { name: "Changed" }).click();
  await expect(rows).toHaveCount(1);
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name: "CSV" }).click()]);
  expect(download.suggestedFilename()).toBe("aura-calls.csv");
  await page.getByRole("radio", { name: "7 days" }).check();
  await Promise.all([page.waitForResponse(/keep-readings/), page.getByRole("button", { name: "Save" }).click()]);
  await page.reload();
  await expect(page.getByRole("radio", { name: "7 days" })).toBeChecked();

  await page.setViewportSize({ width: 390, height: 844 });
  expect(await violations(page)).toEqual([]);
  await rows.first().getByRole("link").click();
  await page.waitForURL(new RegExp(conversation));
});
