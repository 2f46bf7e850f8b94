import { expect, hydrated, inEveryLook, signIn, test } from "./support";

test("CS-9 Before GitHub goes to a model a card says whose it is, and the answer goes on with a yes", async ({ page }) => {
  await signIn(page, "careful");
  await page.goto("/connections");
  await page.getByRole("link", { name: "Connect GitHub" }).first().click();
  await page.getByRole("button", { name: /allow/i }).click();
  await page.waitForURL(/\/connections/);
  await page.goto("/chat");
  await hydrated(page);
  const ask = async (question: string) => {
    await page.getByRole("textbox", { name: "Message" }).fill(question);
    await page.keyboard.press("Enter");
  };

  await ask("Which issues are open?");
  await page.waitForURL(/\/chat\/[0-9a-f-]{36}/);
  const first = page.locator(".need").first();
  await expect(first).toContainText("Waiting for you", { timeout: 20_000 });
  await expect(first).toContainText("What goes there");
  await expect(page.locator("details.read.step")).toHaveCount(0);
  await hydrated(page);
  await inEveryLook(page, "the card that asks for consent");
  await page.setViewportSize({ width: 1280, height: 900 });
  await first.getByRole("button", { name: "Not now" }).click();
  await expect(first).toContainText("You said not now", { timeout: 20_000 });
  await expect(page.locator(".thread[aria-busy=true]")).toHaveCount(0, { timeout: 20_000 });
  await expect(page.locator("details.read.step")).toHaveCount(0);

  await ask("Which issues are open?");
  const second = page.locator(".need").nth(1);
  await expect(second).toContainText("Waiting for you", { timeout: 20_000 });
  await second.getByRole("button", { name: "Allow" }).click();
  await expect(second).toContainText("You allowed this", { timeout: 20_000 });
  await expect(page.locator(".thread .prose").last()).toContainText("Export hangs", { timeout: 20_000 });
  await page.reload();
  await hydrated(page);
  await expect(page.locator(".need.settled")).toHaveCount(2);
  await inEveryLook(page, "cards that were answered");

  await second.getByRole("link", { name: "Change it" }).click();
  await page.waitForURL(/\/connections\/[0-9a-f-]{36}/);
  await expect(page.getByText(/^You allowed .* of /)).toBeVisible();
});
