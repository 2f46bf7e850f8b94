import type { Browser, Page } from "@playwright/test";

import { ask, begin, connect, permit, remembered } from "./asking";
import { expect, hydrated, signIn, test } from "./support";

const SLOWLY = "Please answer slowly, I want to read along";

/** The person's phone: another browser with a sign-in of its own. */
async function phone(browser: Browser, address: string): Promise<Page> {
  const baseURL = process.env.AURA_URL ?? "http://127.0.0.1:3000";
  const context = await browser.newContext({
    baseURL, viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true,
    extraHTTPHeaders: { "x-forwarded-for": `198.19.250.${1 + Math.floor(Math.random() * 250)}` },
  });
  const page = await context.newPage();
  await signIn(page, "phone", { address });
  return page;
}

/** Opens the conversation that stands on another page. */
async function openAs(page: Page, other: Page): Promise<void> {
  await page.goto(new URL(other.url()).pathname);
  await hydrated(page);
}

/** Notes when this document is left, as by a reload. */
async function mark(page: Page): Promise<() => Promise<boolean>> {
  await page.evaluate(() => Object.assign(window, { isTheSame: true }));
  return () => page.evaluate(() => "isTheSame" in window);
}

/** A person at a desk with a calendar, and a change that waits for a word. */
async function proposed(page: Page, title: string): Promise<string> {
  const address = await signIn(page, "desk");
  await connect(page, "Google Calendar");
  await permit(page, "Google Calendar", /^Add permission .*calendar\.events/);
  await begin(page);
  await ask(page, `Create an event “${title}” tomorrow at 10`);
  await expect(page.locator(".proposal")).toContainText("Waiting for you", { timeout: 20_000 });
  return address;
}

const made = async (title: string) => (await remembered("google-calendar/events")).filter((event) => event.summary === title).length;

test("WD-1 What is asked at the desk is approved on the phone, and both show what came of it; so with an undo", async ({ page, browser }) => {
  test.setTimeout(120_000);
  const title = `Dentist ${Date.now()}`;
  const handset = await phone(browser, await proposed(page, title));
  await openAs(handset, page);
  const [here, there] = [await mark(page), await mark(handset)];
  const card = handset.locator(".proposal");
  await expect(card).toContainText("Waiting for you");
  await expect(card).toContainText(title);
  await card.getByRole("button", { name: "Approve" }).click();
  for (const one of [handset, page]) {
    await expect(one.locator(".proposal .badge")).toHaveText("Done", { timeout: 20_000 });
    await expect(one.locator(".thread .prose").last()).toContainText("That is done", { timeout: 20_000 });
    await expect(one.locator(".thread[aria-busy=true]")).toHaveCount(0);
  }
  expect(await made(title)).toBe(1);

  // The answer is over; the other browser still hears that it was taken back.
  await page.locator(".proposal").getByRole("button", { name: "Undo" }).click();
  for (const one of [page, handset]) {
    await expect(one.locator(".proposal")).toContainText("Undone by you at", { timeout: 20_000 });
    await expect(one.getByRole("button", { name: "Undo" })).toHaveCount(0);
  }
  expect(await made(title)).toBe(0);
  expect([await here(), await there()], "neither page was loaded anew").toEqual([true, true]);
  await handset.context().close();
});

test("WD-2 Approved in two browsers at once, a change is made once", async ({ page, browser }) => {
  test.setTimeout(120_000);
  const title = `Standup ${Date.now()}`;
  const handset = await phone(browser, await proposed(page, title));
  await openAs(handset, page);
  await Promise.all([page, handset].map((one) => one.getByRole("button", { name: "Approve" }).click()));
  for (const one of [page, handset]) await expect(one.locator(".proposal .badge")).toHaveText("Done", { timeout: 20_000 });
  expect(await made(title)).toBe(1);
  await page.goto("/settings/activity/services?effect=write");
  await expect(page.locator("tbody tr")).toHaveCount(1);
  await handset.context().close();
});

test("WD-3 An answer is stopped from the other browser, and both keep the same text", async ({ page, browser }) => {
  const handset = await phone(browser, await signIn(page, "desk"));
  await begin(page);
  await page.getByRole("textbox", { name: "Message" }).fill(SLOWLY);
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/chat\/[0-9a-f-]{36}/);
  await openAs(handset, page);
  const text = async (one: Page) => ((await one.locator(".thread .prose").last().textContent()) ?? "").trim().replace(/\s+/g, " ");
  await expect.poll(async () => (await text(handset)).length).toBeGreaterThan(60);
  await handset.getByRole("button", { name: "Stop answering" }).click();
  for (const one of [handset, page]) await expect(one.getByText("You stopped this answer here.")).toBeVisible();
  expect(await text(page)).toBe(await text(handset));
  await handset.context().close();
});

test("WD-4 A connection that is lost in mid-answer costs no text", async ({ page, browser, consoleErrors }) => {
  test.setTimeout(120_000);
  const handset = await phone(browser, await signIn(page, "desk"));
  await begin(page);
  await page.getByRole("textbox", { name: "Message" }).fill(SLOWLY);
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/chat\/[0-9a-f-]{36}/);
  await openAs(handset, page);
  const prose = (one: Page) => one.locator(".thread .prose").last();
  const text = async (one: Page) => ((await prose(one).textContent()) ?? "").trim().replace(/\s+/g, " ");
  await expect.poll(async () => (await text(handset)).length).toBeGreaterThan(60);
  await handset.context().setOffline(true);
  const lost = await text(handset);
  // It goes on elsewhere meanwhile.
  await expect.poll(async () => (await text(page)).length).toBeGreaterThan(lost.length + 120);
  await handset.context().setOffline(false);
  for (const one of [page, handset]) await expect(one.locator(".thread[aria-busy=true]")).toHaveCount(0, { timeout: 60_000 });
  expect(await text(handset)).toBe(await text(page));
  expect(await text(page)).toContain("from the oldest to the newest");
  expect(consoleErrors).toEqual([]);
  await handset.context().close();
});

test("WD-5 What was being written outlasts a reload and a session that has ended", async ({ page, consoleErrors }) => {
  const address = await signIn(page, "writer");
  await begin(page);
  await ask(page, "Who painted the harbour?");
  const conversation = new URL(page.url()).pathname;
  const field = page.getByRole("textbox", { name: "Message" });
  await field.fill("Half a thought about the pier");
  await page.reload();
  await hydrated(page);
  await expect(field).toHaveValue("Half a thought about the pier");

  // The session ends; whoever sends then is told, and nothing of it is lost.
  await page.context().clearCookies();
  await field.press("Enter");
  await expect(page.getByRole("alert").first()).toBeVisible();
  await expect(field).toHaveValue("Half a thought about the pier");
  consoleErrors.splice(0, consoleErrors.length);
  await signIn(page, "writer", { address });
  await page.goto(conversation);
  await hydrated(page);
  await expect(field).toHaveValue("Half a thought about the pier");
});
