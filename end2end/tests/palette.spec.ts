import type { Page } from "@playwright/test";

import { expect, hydrated, inEveryLook, signIn, test } from "./support";

const COMMAND = "Control";

async function ask(page: Page, question: string): Promise<void> {
  await page.getByRole("textbox", { name: "Message" }).fill(question);
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/chat\/[0-9a-f-]{36}/);
  await expect(page.locator(".thread")).not.toHaveCount(0);
  await expect(page.locator(".thread[aria-busy=true]")).toHaveCount(0, { timeout: 20_000 });
}

const field = (page: Page) => page.getByRole("combobox", { name: "Search and commands" });
const options = (page: Page) => page.getByRole("listbox", { name: "Results" }).getByRole("option");

test("KB-6 The palette finds pages, conversations and what the page can do, and gives the focus back", async ({ page, context }) => {
  await signIn(page, "palette");
  await page.goto("/chat");
  await hydrated(page);
  await ask(page, "Which lighthouse is the tallest?");
  await page.goto("/chat");
  await hydrated(page);
  await ask(page, "Who painted the harbour?");
  await hydrated(page);

  // Nothing of it is in the page before it is opened.
  await expect(page.locator("#palette *")).toHaveCount(0);
  const message = page.getByRole("textbox", { name: "Message" });
  await message.fill("Half a thought");
  await page.keyboard.press(`${COMMAND}+k`);
  await expect(field(page)).toBeFocused();
  await expect(options(page).first()).toHaveAttribute("aria-selected", "true");
  await expect(page.getByRole("group", { name: "Conversations" }).getByRole("option").first()).toBeVisible();
  await inEveryLook(page, "the palette");
  await page.keyboard.press("Escape");
  await expect(page.locator("dialog[open]")).toHaveCount(0);
  await expect(message).toBeFocused();
  await expect(message).toHaveValue("Half a thought");

  // A page, by the beginning of its name; the arrows move, the focus stays.
  await page.keyboard.press(`${COMMAND}+k`);
  await page.keyboard.type("sec");
  await expect(options(page).first()).toHaveText(/^Security/);
  const active = async () => page.locator(`#${await field(page).getAttribute("aria-activedescendant")}`);
  await expect(await active()).toHaveText(/^Security/);
  await expect(page.getByRole("option", { name: /Search all conversations/ })).toBeVisible();
  await page.keyboard.press("ArrowUp");
  await expect(await active()).toHaveText(/Search all conversations for «sec»/);
  await page.keyboard.press("ArrowDown");
  await expect(field(page)).toBeFocused();
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/settings\/security$/);

  // A conversation, by a word in it: of what is typed quickly only the last is asked for.
  const asked: string[] = [];
  page.on("request", (request) => {
    if (request.url().includes("/api/chat/search")) asked.push(new URL(request.url()).searchParams.get("q") ?? "");
  });
  await page.keyboard.press(`${COMMAND}+k`);
  await field(page).pressSequentially("lighthouse", { delay: 15 });
  await expect(page.getByRole("option", { name: /Which lighthouse is the tallest/ })).toBeVisible();
  expect(asked.at(-1)).toBe("lighthouse");
  expect(asked.length, "not each letter is asked for").toBeLessThan(5);
  await page.getByRole("option", { name: /Which lighthouse is the tallest/ }).click();
  await page.waitForURL(/\/chat\/[0-9a-f-]{36}/);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(/lighthouse/);

  // What waits for its answer is given up when more is typed.
  let held = 0;
  await context.route(/\/api\/chat\/search\?.*q=harb(&|$)/, async (route) => {
    held += 1;
    await expect.poll(() => dropped.length).toBe(1);
    await route.abort().catch(() => {});
  });
  const dropped: string[] = [];
  page.on("requestfailed", (request) => {
    if (request.url().includes("q=harb")) dropped.push(request.url());
  });
  await page.keyboard.press(`${COMMAND}+k`);
  await page.keyboard.type("harb");
  await expect.poll(() => held).toBe(1);
  await page.keyboard.type("our");
  await expect.poll(() => dropped.length).toBe(1);
  await expect(page.getByRole("option", { name: /Who painted the harbour/ })).toBeVisible();
  await page.keyboard.press("Escape");

  // What the page can do: it is pinned, and can be unpinned.
  await page.keyboard.press(`${COMMAND}+k`);
  await page.keyboard.type("pin this");
  await expect(options(page).first()).toHaveText(/Pin this conversation/);
  await page.keyboard.press("Enter");
  await expect(page.locator(".toast")).toContainText("It stands above the others now.");
  await page.keyboard.press(`${COMMAND}+k`);
  await page.keyboard.type("unpin");
  await expect(options(page).first()).toHaveText(/Unpin this conversation/);
  await page.keyboard.press("Escape");
  await page.keyboard.press(`${COMMAND}+k`);
  await page.keyboard.type("markdown");
  const download = page.waitForEvent("download");
  await page.keyboard.press("Enter");
  expect((await download).suggestedFilename()).toMatch(/\.md$/);
  // On a page that is no conversation there is nothing to pin.
  await page.goto("/connections");
  await hydrated(page);
  await page.keyboard.press(`${COMMAND}+k`);
  await page.keyboard.type("pin this");
  await expect(page.getByRole("option", { name: /Pin this/ })).toHaveCount(0);
  await page.keyboard.press("Escape");

  // The way to it for a finger.
  await page.setViewportSize({ width: 390, height: 800 });
  await page.locator(".topbar").getByRole("link", { name: "Search and commands" }).click();
  await expect(field(page)).toBeFocused();
  // Where there is hardly a keyboard, no keys are told.
  await expect(page.getByRole("option", { name: /^Keys/ })).toBeVisible();
  await expect(page.locator("#palette .caps").filter({ visible: true })).toHaveCount(0);
  await page.keyboard.press("Escape");
  await expect(page.locator(".topbar").getByRole("link", { name: "Search and commands" })).toBeFocused();
});

test("KB-7 A conversation is led by keys, which one list names, and the single one can be switched off", async ({ page, context }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await signIn(page, "keys");
  const conversations: string[] = [];
  for (const question of ["Which sea is this?", "Which ship is that?"]) {
    await page.goto("/chat");
    await hydrated(page);
    await ask(page, question);
    conversations.unshift(new URL(page.url()).pathname);
  }
  await hydrated(page);
  await page.getByRole("button", { name: "Answer again" }).focus();
  const message = page.getByRole("textbox", { name: "Message" });

  await page.keyboard.press("Alt+Shift+ArrowDown");
  await page.waitForURL(`**${conversations[1]}`);
  await page.keyboard.press("Alt+Shift+ArrowUp");
  await page.waitForURL(`**${conversations[0]}`);
  await expect(page.locator(".ask")).toHaveText(/Which ship/);
  // Also while the other conversation is still being drawn.
  await page.keyboard.press("Alt+Shift+Q");
  await expect(message).toBeFocused();

  // With text in it, an arrow is the field's.
  await message.fill("Not empty");
  await page.keyboard.press("ArrowUp");
  await expect(message).toBeFocused();
  await message.fill("");
  await page.keyboard.press("ArrowUp");
  const edited = page.getByRole("textbox", { name: "The question in other words" });
  await expect(edited).toBeFocused();
  await expect(edited).toHaveValue("Which ship is that?");

  await page.keyboard.press("Alt+Shift+Y");
  await expect(page.locator(".toast")).toContainText("The answer is copied.");
  const answer = (await page.locator(".thread .prose").last().innerText()).trim();
  expect((await page.evaluate(() => navigator.clipboard.readText())).trim()).toBe(answer);

  const sidebar = page.locator("#sidebar");
  await page.getByRole("button", { name: "Answer again" }).focus();
  await page.keyboard.press("Alt+Shift+ArrowLeft");
  await expect(sidebar).toBeHidden();
  await page.getByRole("button", { name: "Open sidebar" }).click();
  await expect(sidebar).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(sidebar).toBeHidden();
  await page.keyboard.press("Alt+Shift+ArrowLeft");
  await expect(sidebar).toBeVisible();

  // The list says what the keys do; while something is written, its key is a character.
  await message.fill("Why");
  await message.press("Shift+?");
  await expect(message).toHaveValue("Why?");
  await expect(page.locator("dialog[open]")).toHaveCount(0);
  const again = page.getByRole("button", { name: "Answer again" });
  await again.focus();
  await page.keyboard.press("Shift+?");
  const list = page.getByRole("dialog", { name: "Keys" });
  await expect(list).toBeVisible();
  await expect(list.locator("dl > div")).toHaveCount(9);
  await expect(list.locator("dl > div", { hasText: "Copy the last answer" }).locator("kbd")).toHaveText(["Alt", "Shift", "Y"]);
  await inEveryLook(page, "the list of keys");
  await page.setViewportSize({ width: 1280, height: 800 });
  await list.getByRole("switch").uncheck();
  await page.keyboard.press("Escape");
  await expect(again).toBeFocused();
  await page.keyboard.press("Shift+?");
  await expect(list).toBeHidden();
  await page.reload();
  await hydrated(page);
  await page.keyboard.press("Shift+?");
  await expect(list).toBeHidden();
  await page.keyboard.press(`${COMMAND}+/`);
  await expect(list).toBeVisible();
  await list.getByRole("button", { name: "Close" }).click();
  await expect(list).toBeHidden();

  // Escape ends the answer that is being written, wherever the focus is.
  await message.fill("Please answer slowly, I want to read along");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("button", { name: "Stop answering" })).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(page.getByText("You stopped this answer here.")).toBeVisible();
});
