import { connect, expect, hydrated, inEveryLook, SANDBOX, signIn, test } from "./support";

test("CC-5 Access that ended at the service is given anew from a card, and the same answer goes on by itself", async ({ page }) => {
  await signIn(page, "returner");
  await connect(page, "Linear");
  const ended = await fetch(`${SANDBOX}/_sandbox/revoke`, {
    method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ service: "linear" }),
  });
  expect(ended.ok).toBe(true);
  await page.goto("/chat");
  await hydrated(page);
  await page.getByRole("textbox", { name: "Message" }).fill("Which Linear issues are assigned to me?");
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/chat\/[0-9a-f-]{36}/);
  const conversation = new URL(page.url()).pathname;
  const card = page.locator(".need");
  await expect(card).toContainText("Waiting for you", { timeout: 20_000 });
  await expect(card).toContainText("Reconnect Linear");
  await hydrated(page);
  await inEveryLook(page, "the card that asks for an account");
  await page.setViewportSize({ width: 1280, height: 900 });
  await card.getByRole("link", { name: "Reconnect Linear" }).click();
  await page.getByRole("button", { name: /allow/i }).click();
  await page.waitForURL((address) => address.pathname === conversation);
  await expect(card).toContainText("Linear is connected", { timeout: 20_000 });
  await expect(page.locator(".thread[aria-busy=true]")).toHaveCount(0, { timeout: 20_000 });
  await expect(page.locator(".thread")).toHaveCount(1);
  await expect(page.locator("details.read.step").last()).toContainText("Linear");
  expect(await page.locator(".thread .note.failed").count()).toBe(0);
});
