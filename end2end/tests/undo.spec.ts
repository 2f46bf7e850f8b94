import { connect, expect, hydrated, inEveryLook, signIn, test, violations } from "./support";

test("UN-11 What was approved is undone by one press, and the log shows both", async ({ page }) => {
  await signIn(page, "undoer");
  await connect(page, "Google Calendar");
  await page.getByRole("link", { name: /^Details of Google Calendar/ }).click();
  await page.getByRole("link", { name: /^Add permission .*calendar\.events/ }).click();
  await page.getByRole("button", { name: /allow/i }).click();
  await page.waitForURL(/\/connections/);
  await page.goto("/chat");
  await hydrated(page);
  await page.getByRole("textbox", { name: "Message" }).fill("Create an event “Dentist” tomorrow at 10");
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/chat\/[0-9a-f-]{36}/);
  const card = page.locator(".proposal").first();
  await expect(card).toContainText("It can be undone afterwards.", { timeout: 20_000 });
  await card.getByRole("button", { name: "Approve" }).click();
  await expect(card).toContainText("Undo does «Delete an event» for «Dentist» at Google Calendar", { timeout: 20_000 });
  await expect(page.locator(".thread[aria-busy=true]")).toHaveCount(0);
  await card.getByText("What undoing would send").click();
  expect(await violations(page)).toEqual([]);

  // By keyboard, and the focus stays with the card.
  await card.getByRole("button", { name: "Undo" }).press("Enter");
  await expect(card).toContainText(/Undone by you at \d\d:\d\d\. Deleted the event\./, { timeout: 20_000 });
  await expect(card.getByRole("button", { name: "Undo" })).toHaveCount(0);
  await expect(page.locator(".step-of-change").first()).toBeFocused();
  await page.reload();
  await expect(card).toContainText("Undone by you at");
  await inEveryLook(page);

  await page.goto("/settings/activity/services?effect=write");
  const rows = page.locator("tbody tr");
  await expect(rows).toHaveCount(2);
  await expect(rows.nth(0)).toContainText("Delete an event");
  // Each leads to the other.
  const led = async (row: number, name: string) => {
    const place = await rows.nth(row).getByRole("link", { name }).getAttribute("href");
    return page.locator(`[id="${place?.replace("#", "")}"]`);
  };
  await expect(await led(0, "an earlier change")).toContainText("New event");
  await expect(await led(1, "by which call")).toContainText("Delete an event");
  await inEveryLook(page);
});
