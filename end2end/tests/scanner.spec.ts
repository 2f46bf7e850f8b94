import { request } from "@playwright/test";
import { expect, freshAddress, newestMail, ready, test } from "./support";

test("SI-15 A program that opens, renders and presses what stands in a mail gets no session, and its reader gets in", async ({ page, browser, baseURL }) => {
  const address = freshAddress("scanned");
  await page.goto("/signin");
  await ready(page);
  await page.getByLabel("E-mail address").fill(address);
  await page.getByRole("button", { name: "Send code" }).click();
  await page.waitForURL(/\/verify-email/);
  const mail = await newestMail(address);
  const link = mail.links.find((link) => link.includes("/verify-email?token="))!;

  // What looks into mail without a browser.
  const plain = await request.newContext();
  expect((await plain.head(link)).status()).toBe(200);
  for (let i = 0; i < 5; i++) expect((await plain.get(link)).status()).toBe(200);
  expect((await plain.fetch(link, { method: "OPTIONS" })).status()).toBe(405);
  expect((await plain.storageState()).cookies).toEqual([]);
  await plain.dispose();

  // What looks with one: it renders, runs the scripts, and presses every button and link there is.
  const context = await browser.newContext({ baseURL });
  const scanner = await context.newPage();
  await scanner.goto(link);
  await ready(scanner);
  await expect(scanner.getByText(/type the six-digit code/i)).toBeVisible();
  const things = scanner.locator("main button, main a[href]");
  for (let i = 0, count = await things.count(); i < count; i++) {
    await scanner.goto(link);
    await ready(scanner);
    await things.nth(i).click();
    await scanner.waitForLoadState();
  }
  // It may even send what the button of the right browser would send.
  const token = new URL(link).searchParams.get("token")!;
  const status = await scanner.evaluate(async (token) => {
    const answer = await fetch("/api/identity/verify-link", { method: "POST", body: new URLSearchParams({ token }) });
    return answer.status;
  }, token);
  expect(status).toBe(403);
  expect((await context.cookies()).map((cookie) => cookie.name)).not.toContain("__Host-aura");
  await scanner.goto("/chat");
  await scanner.waitForURL(/\/signin/);
  await context.close();

  // And now the human.
  await page.goto(link);
  await ready(page);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL(/\/chat/);
});
