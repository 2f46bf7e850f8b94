import { expect, signIn, test } from "./support";

test("CS-10 Saying not now, and saying yes to a model, need no JavaScript", async ({ page }) => {
  await signIn(page, "careful-plain", { scripts: false });
  await page.goto("/connections");
  await page.getByRole("link", { name: "Connect GitHub" }).first().click();
  await page.getByRole("button", { name: /allow/i }).click();
  await page.waitForURL(/\/connections/);
  const reloadedUntil = (seen: () => Promise<void>) => expect(async () => {
    await page.reload();
    await seen();
  }).toPass({ timeout: 30_000 });
  const ask = async () => {
    await page.getByRole("textbox", { name: /ask|message/i }).fill("Which issues are open?");
    await page.getByRole("button", { name: /send/i }).click();
    await page.waitForURL(/\/chat\/[0-9a-f-]{36}/);
    await reloadedUntil(() => expect(page.locator(".need").last()).toContainText("Waiting for you", { timeout: 500 }));
  };

  await page.goto("/chat");
  await ask();
  await page.getByRole("button", { name: "Not now" }).click();
  await page.waitForURL(/\/chat\/[0-9a-f-]{36}/);
  await expect(page.locator(".need").last()).toContainText("You said not now");
  await reloadedUntil(() => expect(page.locator(".thread[aria-busy=true]")).toHaveCount(0, { timeout: 500 }));

  await ask();
  await page.getByRole("button", { name: "Allow" }).click();
  await page.waitForURL(/\/chat\/[0-9a-f-]{36}/);
  await expect(page.locator(".need").last()).toContainText("You allowed this");
  await reloadedUntil(() => expect(page.locator(".thread .prose").last()).toContainText("Export hangs", { timeout: 500 }));
});
