import { connect, expect, hydrated, signIn, test, violations } from "./support";

test("PR-13 A change is proposed, edited, approved and done, with a link to it; another one is denied", async ({ page }) => {
  await signIn(page, "approver");
  await connect(page, "GitHub");
  await connect(page, "Google Calendar");
  // To change something is one more consent.
  await page.getByRole("link", { name: /^Details of Google Calendar/ }).click();
  await page.getByRole("link", { name: /^Add permission .*calendar\.events/ }).click();
  await page.getByRole("button", { name: /allow/i }).click();
  await page.waitForURL(/\/connections/);
  await page.goto("/chat");
  await hydrated(page);
  const ask = async (question: string) => {
    await page.getByRole("textbox", { name: "Message" }).fill(question);
    await page.keyboard.press("Enter");
  };

  await ask("Create an event “Dentist” tomorrow at 10");
  await page.waitForURL(/\/chat\/[0-9a-f-]{36}/);
  const first = page.locator(".proposal").first();
  await expect(first).toContainText("Waiting for you", { timeout: 20_000 });
  await expect(first).toContainText("Google Calendar");
  await expect(first.locator("dl.facts")).toContainText("Dentist");
  await expect(first.locator("dl.facts")).toContainText("10:00");
  await expect(page.locator(".thread[aria-busy=true]")).toHaveCount(0);
  expect(await violations(page)).toEqual([]);

  // It waits as long as it has to, and in any tab.
  await page.reload();
  await hydrated(page);
  await first.getByText("Edit", { exact: true }).click();
  await first.getByLabel("Place").fill("Harbour street 4");
  await first.getByRole("button", { name: "Approve" }).click();
  await expect(first).toContainText("Done", { timeout: 20_000 });
  await expect(first).toContainText("with your changes");
  await expect(first.getByRole("link")).toHaveAttribute("href", /^https:\/\//);
  await expect(page.locator(".thread .prose").last()).toContainText("That is done", { timeout: 20_000 });

  await expect(page.locator(".thread[aria-busy=true]")).toHaveCount(0);
  await ask("Close issue 1490");
  const second = page.locator(".proposal").nth(1);
  await expect(second).toContainText("Waiting for you", { timeout: 20_000 });
  await expect(second.locator("dl.facts")).toContainText("closed");
  await second.getByRole("button", { name: "Deny" }).click();
  await expect(second).toContainText("You said no", { timeout: 20_000 });
  await expect(page.locator(".thread .prose").last()).toContainText("I leave it as it is", { timeout: 20_000 });
  await page.reload();
  await expect(page.locator(".proposal.settled")).toHaveCount(2);
  expect(await violations(page)).toEqual([]);
});
