import { expect, hydrated, inEveryLook, signIn, test } from "./support";

async function ask(page: import("@playwright/test").Page, question: string): Promise<void> {
  await page.getByRole("textbox", { name: "Message" }).fill(question);
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/chat\/[0-9a-f-]{36}/);
  await expect(page.locator(".thread")).not.toHaveCount(0);
  await expect(page.locator(".thread[aria-busy=true]")).toHaveCount(0, { timeout: 20_000 });
}

test("CV-1 What is being written survives a reload and an ended session, each in its own conversation", async ({ page, context, consoleErrors }) => {
  await signIn(page, "drafter");
  await page.goto("/chat");
  await hydrated(page);
  await ask(page, "Hello?");
  const conversation = page.url();
  await hydrated(page);
  await page.getByRole("textbox", { name: "Message" }).fill("A long thought, not finished");
  await page.reload();
  await hydrated(page);
  await expect(page.getByRole("textbox", { name: "Message" })).toHaveValue("A long thought, not finished");
  await page.goto("/chat");
  await hydrated(page);
  await expect(page.getByRole("textbox", { name: "Message" })).toHaveValue("");
  await page.goto(conversation);
  await hydrated(page);
  const cookies = await context.cookies();
  await context.clearCookies();
  await page.getByRole("textbox", { name: "Message" }).press("Enter");
  await expect(page.getByRole("textbox", { name: "Message" })).toHaveValue("A long thought, not finished");
  await expect.poll(() => consoleErrors.splice(0)).toEqual([expect.stringContaining("status of 401")]);
  await context.addCookies(cookies);
  await page.goto(conversation);
  await hydrated(page);
  await expect(page.getByRole("textbox", { name: "Message" })).toHaveValue("A long thought, not finished");
});

test("CV-2 A question is asked in other words, versions are switched, and a conversation is renamed, found and deleted", async ({ page }) => {
  await signIn(page, "editor");
  await page.goto("/chat");
  await hydrated(page);
  await ask(page, "Which colour is the harbour?");
  await hydrated(page);
  await page.getByText("Edit", { exact: true }).click();
  await page.getByRole("textbox", { name: "The question in other words" }).fill("Which colour is the lighthouse?");
  await page.getByRole("button", { name: "Ask this instead" }).click();
  await expect(page.locator(".ask")).toHaveText(/lighthouse/);
  await expect(page.locator(".thread[aria-busy=true]")).toHaveCount(0, { timeout: 20_000 });
  await expect(page.getByRole("group", { name: "Versions of this question" })).toContainText(/2 .*of 2/);
  await page.getByRole("button", { name: "Previous version of this question" }).click();
  await expect(page.locator(".ask")).toHaveText(/harbour/);
  await inEveryLook(page, "a conversation with versions");

  await page.getByRole("link", { name: /^More/ }).click();
  await page.getByRole("textbox", { name: "Name" }).fill("Colours at sea");
  await page.getByRole("button", { name: "Rename" }).click();
  await page.getByRole("button", { name: "Pin to the top" }).click();
  await expect(page.getByRole("button", { name: "Unpin" })).toBeVisible();
  await page.getByRole("button", { name: "Make a link" }).click();
  const link = await page.getByRole("textbox", { name: "The new link" }).inputValue();
  await inEveryLook(page, "the page about a conversation");
  await page.goto("/chat/search?q=lighthouse");
  await expect(page.locator("mark")).toHaveText(["lighthouse"]);
  await inEveryLook(page, "a search");
  await page.goto(new URL(link).pathname);
  await expect(page.getByRole("heading", { name: "Colours at sea" })).toBeVisible();
  await inEveryLook(page, "a shared conversation");

  await page.goto("/chat/search?in=pinned");
  await page.getByRole("link", { name: /Colours at sea/ }).last().click();
  await page.getByRole("link", { name: /^More/ }).click();
  await hydrated(page);
  await page.getByRole("button", { name: "Delete the conversation" }).click();
  await page.getByRole("button", { name: "Delete", exact: true }).click();
  await page.waitForURL(/\/chat$/);
  await page.goto("/chat/search?q=lighthouse");
  await expect(page.getByText("Nothing was found")).toBeVisible();
});
