import type { BrowserContext, Page } from "@playwright/test";
import { expect, hydrated, signIn, test } from "./support";

/** The streams of a browser that are open, by the page that holds each. */
function streams(context: BrowserContext): Map<object, Page> {
  const open = new Map<object, Page>();
  context.on("request", (request) => {
    const path = new URL(request.url()).pathname;
    if (path === "/api/events" || /^\/api\/chat\/runs\/.*\/events$/.test(path)) open.set(request, request.frame().page());
  });
  context.on("requestfinished", (request) => open.delete(request));
  context.on("requestfailed", (request) => open.delete(request));
  context.on("page", (page) => page.on("close", () => {
    for (const [request, holder] of open) if (holder === page) open.delete(request);
  }));
  return open;
}

/** Does what is told: makes a key for programs. */
async function isTold(page: Page, name: string): Promise<void> {
  const origin = new URL(page.url()).origin;
  const made = await page.request.post("/api/account/make-key", {
    form: { name, "scopes[]": "files:read", days: "30" },
    headers: { accept: "application/json", origin, "sec-fetch-site": "same-origin" },
  });
  expect(made.status(), await made.text()).toBe(200);
}

const bell = (page: Page, unread: number) =>
  page.locator(".sidebar").getByRole("link", { name: unread ? `Notifications, ${unread} unread` : "Notifications", exact: true })
    .filter({ has: page.locator(".icon") });

test("NO-14 Tabs share one stream: the count and an answer reach all of them, also when the tab that holds it closes", async ({ context, page }) => {
  const open = streams(context);
  page.on("close", () => { for (const [request, holder] of open) if (holder === page) open.delete(request); });
  await signIn(page, "tabs");
  await page.goto("/chat");
  await hydrated(page);
  await expect(bell(page, 0)).toBeVisible();
  const second = await context.newPage();
  await second.goto("/notifications");
  await hydrated(second);
  const third = await context.newPage();
  await third.goto("/connections");
  await hydrated(third);
  await expect.poll(() => open.size).toBe(1);
  expect([...open.values()][0]).toBe(page);

  await isTold(page, "one");
  for (const tab of [page, second, third]) await expect(bell(tab, 1)).toBeVisible();
  await expect(second.getByText("An API key was made for your Aura account")).toBeVisible();

  await page.getByRole("textbox", { name: /ask|message/i }).fill("Please answer slowly");
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/chat\/[0-9a-f-]{36}/);
  await expect(page.locator(".thread .prose")).toContainText(/\w+/, { timeout: 20_000 });
  // Another tab joins in the midst of the answer, and the one that holds the stream goes.
  await third.goto(new URL(page.url()).pathname);
  await hydrated(third);
  await expect(third.locator(".thread[aria-busy=true]")).toHaveCount(1);
  await expect.poll(() => open.size).toBe(1);
  await page.close();
  await expect.poll(() => [...open.values()].length).toBe(1);
  expect([second, third]).toContain([...open.values()][0]);
  const length = async () => (await third.locator(".thread .prose").innerText()).length;
  const before = await length();
  await expect.poll(length, { timeout: 20_000 }).toBeGreaterThan(before + 200);
  await third.getByRole("button", { name: "Stop" }).click();
  await expect(third.locator(".thread[aria-busy=true]")).toHaveCount(0);
  const shown = await third.locator(".thread .prose").innerText();
  await third.reload();
  expect(await third.locator(".thread .prose").innerText()).toBe(shown);

  await isTold(second, "two");
  for (const tab of [second, third]) await expect(bell(tab, 2)).toBeVisible();
  await second.getByRole("button", { name: "Mark all read" }).click();
  for (const tab of [second, third]) await expect(bell(tab, 0)).toBeVisible();
  await hydrated(third);
  await expect.poll(() => open.size).toBe(1);
});

test("NO-15 Where a browser has no locks, each tab hears for itself", async ({ context, page }) => {
  await context.addInitScript(() => Object.defineProperty(Navigator.prototype, "locks", { value: undefined }));
  const open = streams(context);
  await signIn(page, "nolocks");
  await page.goto("/settings/notifications");
  await hydrated(page);
  const second = await context.newPage();
  await second.goto("/notifications");
  await hydrated(second);
  await expect.poll(() => open.size).toBe(2);
  await page.getByRole("group", { name: "Your account" }).getByLabel("In the app").uncheck();
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByText("What you are told is saved.").first()).toBeVisible();
  await isTold(page, "one");
  for (const tab of [page, second]) await expect(bell(tab, 1)).toBeVisible();
});
