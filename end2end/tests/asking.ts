import type { Locator, Page } from "@playwright/test";

import { agree, connect, expect, hydrated, SANDBOX } from "./support";

/** What a service remembers, such as `hubspot/deals`. */
export async function remembered(list: string): Promise<Record<string, unknown>[]> {
  const answer = await fetch(`${SANDBOX}/_sandbox/shelf?list=${encodeURIComponent(list)}`);
  expect(answer.ok).toBe(true);
  return (await answer.json()) as Record<string, unknown>[];
}

/**
 * Connects a service that asks something: where it lives, before one goes there, or which of several it shall be, after
 * one has been there.
 */
export async function connectBy(page: Page, service: string, asks: { before?: [string, string]; after?: string }): Promise<void> {
  await page.goto("/connections");
  await page.getByRole("link", { name: `Connect ${service}` }).first().click();
  if (asks.before) {
    const [label, value] = asks.before;
    await page.getByLabel(label).fill(value);
    await page.getByRole("button", { name: "Go on" }).click();
    await page.getByRole("link", { name: /^Go on to / }).click();
  }
  await page.getByRole("button", { name: /allow/i }).click();
  if (asks.after) {
    await page.getByRole("radio", { name: asks.after }).check();
    await page.getByRole("button", { name: "Connect" }).click();
  }
  await page.waitForURL(/\/connections/);
  await expect(page.getByRole("heading", { name: "Connected" })).toBeVisible();
  await agree(page);
}

/** Grants one more permission of a service, from the page of its account. */
export async function permit(page: Page, service: string, scope: RegExp): Promise<void> {
  await page.goto("/connections");
  await page.getByRole("link", { name: new RegExp(`^Details of ${service}`) }).click();
  await page.getByRole("link", { name: scope }).click();
  await page.getByRole("button", { name: /allow/i }).click();
  await page.waitForURL(/\/connections/);
}

/** Opens a new conversation. */
export async function begin(page: Page): Promise<void> {
  await page.goto("/chat");
  await hydrated(page);
}

/** Asks in the composer, and waits until the answer is there, or waits. */
export async function ask(page: Page, question: string): Promise<Locator> {
  const asked = await page.locator(".ask").count();
  await page.getByRole("textbox", { name: "Message" }).fill(question);
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/chat\/[0-9a-f-]{36}/);
  await expect(page.locator(".ask")).toHaveCount(asked + 1, { timeout: 20_000 });
  const answer = page.locator(".thread").last();
  await expect(answer).not.toHaveAttribute("aria-busy", "true", { timeout: 20_000 });
  return answer;
}

/** Approves what waits on a card, once the card has named who, where and what; ends on what was made. */
export async function approve(answer: Locator, names: (string | RegExp)[]): Promise<Locator> {
  const card = answer.locator(".proposal");
  await expect(card).toContainText("Waiting for you", { timeout: 20_000 });
  for (const name of names) await expect(card).toContainText(name);
  await card.getByRole("button", { name: "Approve" }).click();
  await expect(card.locator(".badge")).toHaveText("Done", { timeout: 20_000 });
  await expect(answer.locator(".prose").last()).toContainText("That is done", { timeout: 20_000 });
  await expect(answer).not.toHaveAttribute("aria-busy", "true", { timeout: 20_000 });
  return card.locator("a.made");
}

/** Looks at the log of calls: there is a line for each of these, with its words, and no other. */
export async function logged(page: Page, lines: string[][]): Promise<void> {
  await page.goto("/settings/activity/services");
  await hydrated(page);
  const rows = page.locator("tbody tr");
  await expect(rows).toHaveCount(lines.length);
  for (const [what, ...words] of lines) {
    const row = words.reduce((found, word) => found.filter({ hasText: word }), rows.filter({ hasText: what }));
    await expect(row.first(), `${what}: ${words.join(", ")}`).toBeVisible();
  }
}

export { connect };
