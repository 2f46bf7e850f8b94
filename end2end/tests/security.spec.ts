import { expect, freshAddress, hydrated, inEveryLook, newestMail, ready, SANDBOX, test } from "./support";
import type { Browser, BrowserContext, Page } from "@playwright/test";

async function mails(to: string): Promise<number> {
  const answer = await fetch(`${SANDBOX}/_sandbox/mail?to=${encodeURIComponent(to)}`);
  return ((await answer.json()) as unknown[]).length;
}

/** Does something that sends a code, and waits for the mail that it sends. */
async function codeAfter(address: string, act: () => Promise<void>): Promise<string> {
  const before = await mails(address);
  await act();
  let code: string | null = null;
  await expect.poll(async () => {
    if ((await mails(address)) <= before) return null;
    code = (await newestMail(address)).code;
    return code;
  }, { timeout: 20_000 }).toMatch(/^\d{6}$/);
  return code!;
}

/** Signs in with this address; a browser without scripts does it too. */
async function enter(page: Page, address: string, scripts = true): Promise<void> {
  await page.goto("/signin");
  if (scripts) await ready(page);
  const code = await codeAfter(address, async () => {
    await page.getByLabel("E-mail address").fill(address);
    await page.getByRole("button", { name: "Send code" }).click();
    await page.waitForURL(/\/verify-email/);
  });
  if (scripts) await ready(page);
  await page.getByLabel(/code/i).fill(code);
  await page.getByRole("button", { name: "Continue" }).click();
  await page.waitForURL(/\/chat/);
}

async function another(browser: Browser, options: { javaScriptEnabled?: boolean; userAgent?: string } = {}): Promise<BrowserContext> {
  return browser.newContext({ baseURL: process.env.AURA_URL ?? "http://127.0.0.1:3000", ...options });
}

const FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:133.0) Gecko/20100101 Firefox/133.0";

test("SE-14 A browser that is signed out from another one lands on the sign-in page", async ({ page, browser }) => {
  const address = freshAddress("owner");
  await enter(page, address);
  const context = await another(browser, { userAgent: FIREFOX });
  const other = await context.newPage();
  await enter(other, address);
  await other.goto("/settings/security");
  await hydrated(other);
  await expect(other.getByText("This device")).toBeVisible();

  await page.goto("/settings/security");
  await hydrated(page);
  await page.getByRole("button", { name: "Sign out Firefox on Windows" }).click();
  await expect(page.getByText("Firefox on Windows")).toHaveCount(0);
  await expect(page.getByText("This device")).toBeVisible();
  await other.reload();
  await expect(other).toHaveURL(/\/signin\?next=/);
  await context.close();
});

test("Devices are listed and sent away, and everybody leaves, without JavaScript", async ({ browser }) => {
  const address = freshAddress("plain-owner");
  const here = await another(browser, { javaScriptEnabled: false });
  const there = await another(browser, { javaScriptEnabled: false, userAgent: FIREFOX });
  const [page, other] = [await here.newPage(), await there.newPage()];
  await enter(page, address, false);
  await enter(other, address, false);
  await page.goto("/settings/security");
  await page.getByRole("button", { name: "Sign out 1 other" }).click();
  await page.waitForURL(/\/settings\/security/);
  await expect(page.getByText("Firefox on Windows")).toHaveCount(0);
  await other.goto("/chat");
  await expect(other).toHaveURL(/\/signin/);

  await enter(other, address, false);
  await page.goto("/settings/security");
  await page.getByRole("button", { name: "Sign out everywhere" }).first().click();
  await page.locator("dialog").getByRole("button", { name: "Sign out everywhere" }).click();
  await page.waitForURL(/\/signin/);
  await other.goto("/settings/security");
  await expect(other).toHaveURL(/\/signin/);
  await here.close();
  await there.close();
});

test("An address is changed with a code, and the old one takes it back", async ({ page, browser }) => {
  const [address, next] = [freshAddress("mover"), freshAddress("moved")];
  await enter(page, address);
  await page.goto("/settings/security");
  await hydrated(page);
  const code = await codeAfter(next, async () => {
    await page.getByLabel("New address").fill(next);
    await page.getByRole("button", { name: "Send code" }).click();
    await expect(page.getByLabel("Six-digit code")).toBeVisible();
  });
  const before = await mails(address);
  await page.getByLabel("Six-digit code").fill(code);
  await page.getByRole("button", { name: "Confirm the address" }).click();
  await expect(page.getByText(next).first()).toBeVisible();
  await expect.poll(() => mails(address), { timeout: 20_000 }).toBeGreaterThan(before);
  const link = (await newestMail(address)).links.find((link) => link.includes("/undo-email"));
  expect(link, "the old address is told how to undo it").toBeTruthy();

  const context = await another(browser);
  const owner = await context.newPage();
  const path = new URL(link!).pathname + new URL(link!).search;
  await owner.goto(path);
  await ready(owner);
  await owner.getByRole("button", { name: "Bring it back" }).click();
  await expect(owner.getByRole("heading", { name: "Your address is back" })).toBeVisible();
  await page.reload();
  await expect(page).toHaveURL(/\/signin/);
  await context.close();
});

test("The pages of security have nothing for axe, and nothing is cut off", async ({ page }) => {
  await enter(page, freshAddress("looker"));
  for (const path of ["/settings/security", "/settings/activity", "/settings/confirm?next=/settings/security", "/undo-email?token=x"]) {
    const answer = await page.goto(path);
    expect(answer?.status(), path).toBe(200);
    await (/confirm|undo-email/.test(path) ? ready(page) : hydrated(page));
    await inEveryLook(page);
  }
});
