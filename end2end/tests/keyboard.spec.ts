import { tabTo } from "./keys";
import { expect, freshAddress, hydrated, newestMail, ready, signIn, test } from "./support";

test("KB-1 Signing in, connecting, asking and disconnecting need no mouse", async ({ page }) => {
  const address = freshAddress("keys");
  await page.goto("/signin");
  await ready(page);
  await tabTo(page, /E-mail address/);
  await page.keyboard.type(address);
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/verify-email/);
  await ready(page);
  await tabTo(page, /code/i);
  await page.keyboard.type((await newestMail(address)).code!);
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/chat/);

  await page.goto("/connections");
  await hydrated(page);
  await page.keyboard.press("Tab");
  await tabTo(page, /Skip to content/);
  await page.keyboard.press("Enter");
  await tabTo(page, /Search services/);
  await page.keyboard.type("GitHub");
  await tabTo(page, /Connect GitHub/);
  await page.keyboard.press("Enter");
  await tabTo(page, /allow/i);
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/connections\?connected=github/);

  await page.goto("/chat");
  await hydrated(page);
  await tabTo(page, /ask|message/i);
  await page.keyboard.type("Which issues are open?");
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/chat\/[0-9a-f-]{36}/);
  await expect(page.getByRole("button", { name: "Allow" })).toBeVisible({ timeout: 20_000 });
  await hydrated(page);
  await tabTo(page, /^Allow/);
  await page.keyboard.press("Enter");
  await expect(page.locator("details.read.step")).toHaveCount(1, { timeout: 20_000 });
  await expect(page.locator(".thread[aria-busy=true]")).toHaveCount(0, { timeout: 20_000 });
  await hydrated(page);
  await page.locator("body").evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
  await tabTo(page, /GitHub, /);
  await page.keyboard.press("Enter");
  await expect(page.locator("details.read.step[open]")).toHaveCount(1);

  await page.goto("/connections");
  await hydrated(page);
  await tabTo(page, /^Disconnect/);
  await page.keyboard.press("Enter");
  await expect(page.locator("dialog[open]")).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(page.locator("dialog[open]")).toHaveCount(0);
  await expect(page.locator(":focus")).toHaveText(/Disconnect/);
  await page.keyboard.press("Enter");
  await tabTo(page, /^disconnect/i);
  await page.keyboard.press("Enter");
  await expect(page.getByText(/revoked|withdrawn|removed/i).first()).toBeVisible();
});

test("KB-2 Pasting a key, mending it, keeping what is read from models and disconnecting need no mouse", async ({ page, consoleErrors }) => {
  await signIn(page, "keyboard");
  await page.goto("/connections");
  await hydrated(page);
  await tabTo(page, /Search services/);
  await page.keyboard.type("Freshdesk");
  await tabTo(page, /Add key for Freshdesk/);
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/connections\/add\/freshdesk/);
  await tabTo(page, /Freshdesk subdomain/);
  await page.keyboard.type("northbeam");
  await tabTo(page, /API key/);
  await page.keyboard.type("no-key-of-theirs");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("alert")).toContainText("does not accept this key");
  consoleErrors.splice(0, consoleErrors.length);
  // The focus is where it was, on the field that is wrong.
  await expect(page.getByLabel("API key")).toBeFocused();
  await page.keyboard.press("ControlOrMeta+A");
  await page.keyboard.type("sandbox-freshdesk-key");
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/connections\?connected=freshdesk/);
  await tabTo(page, /^Details of Freshdesk/);
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/connections\/[0-9a-f-]{36}$/);
  await tabTo(page, /^Keep it from the model$/);
  await page.keyboard.press("Enter");
  // The focus stays, on what takes it back.
  await expect(page.locator(":focus")).toHaveText("Let the model see it");
  await tabTo(page, /^Disconnect Freshdesk$/);
  await page.keyboard.press("Enter");
  await expect(page.locator("dialog[open]")).toBeVisible();
  await expect(page.locator(":focus")).toHaveText("Keep it");
  await tabTo(page, /^Disconnect Freshdesk$/);
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/connections\?disconnected=freshdesk/);
});
