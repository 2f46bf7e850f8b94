import type { Page } from "@playwright/test";

import { expect, freshAddress, hydrated, newestMail, ready, signIn, test } from "./support";

/** Presses Tab until what has the focus carries this name; every stop on the way must be visible. */
async function tabTo(page: Page, name: RegExp, key = "Tab"): Promise<void> {
  for (let stop = 0; stop < 60; stop += 1) {
    const focused = page.locator(":focus");
    if (await focused.count()) {
      const told = await focused.evaluate((element) => {
        const field = element as HTMLInputElement;
        const label = field.labels?.[0]?.textContent;
        return (element.getAttribute("aria-label") ?? label ?? element.textContent ?? "").trim();
      });
      if (name.test(told)) {
        await expect(focused).toBeVisible();
        const outline = await focused.evaluate((element) => {
          const style = getComputedStyle(element);
          const ring = (of: CSSStyleDeclaration) => of.outlineStyle !== "none" || of.boxShadow !== "none";
          return ring(style) || (element.parentElement !== null && ring(getComputedStyle(element.parentElement)));
        });
        expect(outline, `the focus on «${told}» can be seen`).toBe(true);
        return;
      }
    }
    await page.keyboard.press(key);
  }
  throw new Error(`no stop of the Tab key is called ${name}`);
}

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
