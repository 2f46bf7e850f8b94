import type { Page } from "@playwright/test";

import { connect } from "./asking";
import { tabTo } from "./keys";
import { Aura, database } from "./process";
import { expect, hydrated, SANDBOX, signIn, test, violations } from "./support";

test.setTimeout(240_000);

/** Notes whatever a screen reader is told politely, and what it is told at once. */
async function listen(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const told: string[] = [];
    const last = new WeakMap<Element, string>();
    const hear = () => {
      for (const region of document.querySelectorAll("[role=status], [aria-live=polite], [role=alert]")) {
        const text = (region.textContent ?? "").trim().replace(/\s+/g, " ");
        if (text && last.get(region) !== text) told.push(`${region.getAttribute("role") ?? "polite"}: ${text}`);
        last.set(region, text);
      }
    };
    Object.assign(window, { told });
    new MutationObserver(hear).observe(document, { subtree: true, childList: true, characterData: true });
  });
}

/** What was told since the last time. */
async function told(page: Page): Promise<string[]> {
  return page.evaluate(() => (window as unknown as { told: string[] }).told.splice(0));
}

async function fine(page: Page, state: string): Promise<void> {
  expect(await violations(page), state).toEqual([]);
}

/** Asks with the keys alone, from wherever the focus is. */
async function ask(page: Page, question: string): Promise<void> {
  await tabTo(page, /^Message$/);
  await page.keyboard.type(question);
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/chat\/[0-9a-f-]{36}/);
}

const over = (page: Page) => expect(page.locator(".thread[aria-busy=true]")).toHaveCount(0, { timeout: 30_000 });
const focused = (page: Page) => page.evaluate(() => document.activeElement?.id);

async function begin(page: Page): Promise<void> {
  await page.goto("/chat");
  await hydrated(page);
  await told(page);
}

test("CH-22 The chat is whole for a screen reader and for a keyboard in each of its states", async ({ page }) => {
  await page.emulateMedia({ reducedMotion: "reduce" });
  await listen(page);
  await signIn(page, "listener");
  await begin(page);
  await fine(page, "empty");
  await tabTo(page, /^Message$/);
  await page.keyboard.type("Please answer slowly, I want to read along");
  await fine(page, "composing");

  // While it is written, its text is read to nobody; that it is written, and that it is there, is told once each.
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/chat\/[0-9a-f-]{36}/);
  await expect(page.locator(".thread[aria-busy=true]")).toHaveCount(1);
  await expect(page.getByRole("log")).toHaveAttribute("aria-live", "off");
  await expect.poll(() => focused(page), "the focus stays where one writes").toBe("message");
  await fine(page, "streaming");
  const moving = await page.evaluate(() => document.getAnimations().filter((one) => one.playState === "running").length);
  expect(moving, "nothing moves for who wants that").toBe(0);
  // The button that ends it goes away with the end, the focus does not.
  await tabTo(page, /^Stop answering$/);
  await page.keyboard.press("Enter");
  await over(page);
  await expect.poll(() => focused(page)).toBe("message");
  await fine(page, "stopped");
  expect(await told(page)).toEqual(["status: Aura is writing an answer.", "status: The answer was stopped."]);

  await ask(page, "Who painted the harbour?");
  await expect(page.locator(".ask")).toHaveCount(2);
  await over(page);
  await expect.poll(() => focused(page)).toBe("message");
  await fine(page, "finished");
  expect(await told(page)).toEqual(["status: Aura is writing an answer.", "status: The answer is complete."]);

  await ask(page, "Please fail in the middle");
  const failure = page.locator(".thread .note.failed");
  await expect(failure).toBeVisible({ timeout: 20_000 });
  await expect(failure).toHaveAttribute("role", "alert");
  expect((await told(page)).filter((line) => line.startsWith("alert: "))).toHaveLength(1);
  await fine(page, "failed");

  await page.keyboard.press("Control+k");
  await expect(page.getByRole("combobox", { name: "Search and commands" })).toBeFocused();
  await fine(page, "the palette");
  await page.keyboard.press("Escape");
  await expect.poll(() => focused(page)).toBe("message");
  await page.goto("/chat/search?q=harbour");
  await hydrated(page);
  await expect(page.locator(".rows a").first()).toBeVisible();
  await fine(page, "the search");
});

test("AX-1 The cards of a chat are whole for a screen reader and for a keyboard in each of their states", async ({ page }) => {
  await page.emulateMedia({ reducedMotion: "reduce" });
  await listen(page);
  await signIn(page, "cards");
  await page.goto("/connections");
  await page.getByRole("link", { name: "Connect GitHub" }).first().click();
  await page.getByRole("button", { name: /allow/i }).click();
  await page.waitForURL(/\/connections/);
  await begin(page);

  await ask(page, "Close issue 1490");
  await expect(page.locator(".need")).toContainText("Waiting for you", { timeout: 20_000 });
  await fine(page, "a card that asks for consent");
  expect(await told(page)).toEqual(["status: Aura is writing an answer.", "status: The answer waits for you."]);
  await tabTo(page, /^Allow$/);
  await page.keyboard.press("Enter");
  await expect(page.locator(".proposal:not(.need)")).toContainText("Waiting for you", { timeout: 20_000 });
  await fine(page, "a card that asks for a yes to a change");
  await tabTo(page, /^Deny$/);
  await page.keyboard.press("Enter");
  await expect(page.locator(".proposal:not(.need) .badge")).toHaveText(/Denied|not made/i, { timeout: 20_000 });
  await over(page);
  await expect(page.locator(".step-of-change").first(), "the focus stays with the card").toBeFocused();
  await fine(page, "a change that was denied");

  await ask(page, "Close issue 1490");
  const second = page.locator(".proposal:not(.need)").nth(1);
  await expect(second).toContainText("Waiting for you", { timeout: 20_000 });
  await tabTo(page, /^Approve$/);
  await page.keyboard.press("Enter");
  await expect(second.locator(".badge")).toHaveText("Done", { timeout: 20_000 });
  await over(page);
  await fine(page, "a change that is done");

  await connect(page, "Linear");
  const ended = await fetch(`${SANDBOX}/_sandbox/revoke`, {
    method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ service: "linear" }),
  });
  expect(ended.ok).toBe(true);
  await begin(page);
  await ask(page, "Which Linear issues are assigned to me?");
  await expect(page.locator(".need")).toContainText("Reconnect Linear", { timeout: 20_000 });
  await fine(page, "a card that asks for an account");
  await tabTo(page, /^Reconnect Linear$/);
});

test("AX-2 An answer that was interrupted says so at once, and the keyboard goes on from there", async ({ page, consoleErrors }) => {
  const store = await database();
  const site = process.env.LEPTOS_SITE_ROOT ? { LEPTOS_SITE_ROOT: process.env.LEPTOS_SITE_ROOT } : {};
  const aura = await Aura.on(store.url, { HOST_OVERRIDES: `*=${SANDBOX}`, OPENAI_API_KEY: "sandbox-key", ...site });
  try {
    await signIn(page, "power", { at: aura.url });
    await hydrated(page);
    await page.getByRole("textbox", { name: "Message" }).fill("Please answer slowly, I want to read along");
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/chat\/[0-9a-f-]{36}/);
    const prose = page.locator(".thread .prose").last();
    await expect.poll(async () => ((await prose.textContent()) ?? "").length).toBeGreaterThan(60);
    await aura.end("SIGKILL");
    await aura.start();
    await expect(async () => {
      await page.reload();
      await expect(page.locator(".thread [role=alert]")).toContainText(/interrupted/i, { timeout: 1_000 });
    }).toPass({ timeout: 40_000 });
    consoleErrors.splice(0, consoleErrors.length);
    await hydrated(page);
    await fine(page, "interrupted");
    await tabTo(page, /^Try again$/);
    await page.keyboard.press("Enter");
    await expect(page.locator(".thread[aria-busy=true]")).toHaveCount(1, { timeout: 20_000 });
    await expect.poll(() => focused(page)).toBe("message");
  } finally {
    await aura.end();
    await store.drop();
  }
});
