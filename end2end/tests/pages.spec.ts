import type { BrowserContext, Page } from "@playwright/test";
import { connect, expect, freshAddress, hydrated, inEveryLook, newestMail, ready, signIn, test } from "./support";

const PUBLIC = ["/", "/pricing", "/integrations", "/integrations?q=git&here=on", "/integrations?q=nothing-of-that-name", "/integrations/github",
  "/integrations/linkedin-sales-navigator", "/integrations/signal", "/integrations/google-docs", "/nothing-here"];
const GATE = ["/signin", "/signin?left=yes", "/signin/password", "/signin/privy", "/refresh?redirect_uri=/connections", "/verify-email", "/undo-email?token=x",
  "/lost-mailbox", "/lost-mailbox?request=0192f0c1-0000-7000-8000-000000000000", "/lost-mailbox?sent=yes", "/stop-recovery?token=x",
  "/stop-recovery?done=yes", "/confirm-email", "/confirm-email?done=yes", "/team/join"];
const INSIDE = ["/settings/confirm?next=/settings/security", "/settings/wallet"];
const APP = ["/chat", "/connections", "/connections?q=calendar", "/connections?q=nothing-of-that-name", "/connections/add/twilio", "/connections/add/datadog", "/connections/apps/spotify", "/connections/apps/github?trouble=user_not_listed&app=ours", "/notifications", "/notifications?show=unread", "/profile", "/settings",
  "/settings/security", "/settings/activity", "/settings/activity/services", "/settings/notifications", "/settings/notifications?saved=yes",
  "/settings/files", "/settings/files?file=kept", "/settings/files?file=file_kind_not_taken&kept=1", "/music", "/music/import", "/music/sources", "/settings/developer", "/settings/developer/webhooks",
  "/billing", "/billing?done=waits", "/billing/plans", "/billing/leave", "/billing/success?session_id=cs_nobodys", "/team", "/team/new", "/team?done=renamed", "team"];
// The same, where there is nothing yet.
const EMPTY = ["/billing", "/team", "/notifications", "/notifications?show=unread", "/settings/security", "/settings/files", "/settings/developer", "/settings/developer/webhooks", "/music", "/music/import"];
// What a browser reports as an error of its own.
const STATUS: Record<string, number> = { "/nothing-here": 404, "/confirm-email": 410, "/billing/leave": 404, "/billing/success?session_id=cs_nobodys": 404, "/team/join": 404 };

// One sign-in serves all variants: the mailbox limits are as strict here as anywhere.
let cookies: Awaited<ReturnType<BrowserContext["cookies"]>> = [];
let conversation = "";
let connection = "";
let webhook = "";
let team = "";
let newcomer: typeof cookies = [];
// A sign-in that waits for its code, and the paths of the links in its mail and in that of a registration.
let waiting: typeof cookies = [];
let link = "";
let registration = "";

/** A person with files, a key, a webhook, a team, a password and something to be told. */
async function fill(page: Page): Promise<void> {
  const headers = { accept: "application/json", origin: new URL(page.url()).origin, "sec-fetch-site": "same-origin" };
  const done = async (path: string, body: object) => {
    const answer = await page.request.post(path, { headers, ...body });
    expect(answer.ok(), `${path}: ${await answer.text()}`).toBe(true);
  };
  for (const name of ["notes.txt", `${"the_minutes_of_thursday_".repeat(9).slice(0, 196)}.txt`]) {
    await done("/api/account/files", { multipart: { file: { name, mimeType: "text/plain", buffer: Buffer.from("Hello.") } } });
  }
  const name = "The nightly backup of everything that the office in Hamburg keeps";
  await done("/api/account/make-key", { form: { name, "scopes[]": "files:read", days: "30" } });
  const url = `https://hooks.example/${"a-long-way-to-where-events-are-taken/".repeat(8)}`;
  await done("/api/outgoing-webhooks/add", { form: { url, name } });
  await page.goto("/settings/developer/webhooks");
  webhook = (await page.getByRole("link", { name: /^Look at The nightly/ }).getAttribute("href"))!;
  await done("/api/outgoing-webhooks/ping", { form: { id: webhook.split("/").pop() } });
  await done("/api/team/make", { form: { name: "Everybody who looks after the office in Hamburg and its ninety-nine printers" } });
  await page.goto("/team");
  team = (await page.locator("form[action='/api/team/rename'] input[name=team]").getAttribute("value"))!;
  const email = freshAddress("a-colleague-with-a-rather-long-name.and-another-one");
  await done("/api/team/invite", { form: { team, email, role: "admin" } });
  team = `/team?team=${team}`;
  await done("/api/identity/set-password", { form: { new_password: "seven green boats and a lamp" } });
}

/** The path of the link in the newest mail to somebody. */
async function linkOf(address: string, part: string): Promise<string> {
  const mailed = new URL((await newestMail(address)).links.find((candidate) => candidate.includes(part))!);
  return mailed.pathname + mailed.search;
}

test.beforeAll(async ({ browser }) => {
  const context = await browser.newContext({ baseURL: process.env.AURA_URL ?? "http://127.0.0.1:3000" });
  const page = await context.newPage();
  await signIn(page, "viewer");
  await connect(page, "GitHub");
  await page.goto("/chat");
  await hydrated(page);
  await page.getByRole("textbox", { name: /ask|message/i }).fill("Which issues are open?");
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/chat\/[0-9a-f-]{36}/);
  await expect(page.locator(".thread[aria-busy=true]")).toHaveCount(0, { timeout: 30_000 });
  conversation = new URL(page.url()).pathname;
  await page.goto("/connections");
  connection = (await page.getByRole("link", { name: /^Details of GitHub/ }).first().getAttribute("href"))!;
  await fill(page);
  cookies = await context.cookies();
  await context.clearCookies();
  await signIn(page, "newcomer");
  newcomer = await context.cookies();
  await context.clearCookies();
  const address = freshAddress("waiting");
  await page.goto("/signin");
  await ready(page);
  await page.getByLabel("E-mail address").fill(address);
  await page.getByRole("button", { name: "Send code" }).click();
  await page.waitForURL(/\/verify-email/);
  waiting = await context.cookies();
  link = await linkOf(address, "/verify-email");
  const registered = freshAddress("registered");
  const data = { email: registered, password: "four words of mine 77" };
  expect((await page.request.post("/api/v1/registrations", { data })).status()).toBe(202);
  registration = await linkOf(registered, "/confirm-email");
  await context.close();
});

const IN_FRONT = [...GATE, "link", "registration"];
/** Who looks at which pages. The sign-in that waits is kept while its pages are looked at. */
const ROUNDS: { who: string; paths: string[]; cookies: () => typeof cookies }[] = [
  { who: "somebody who has not signed in yet", paths: [...PUBLIC, ...IN_FRONT], cookies: () => waiting },
  { who: "a person with something everywhere", paths: [...APP, "conversation", "connection", "webhook", ...INSIDE], cookies: () => cookies },
  { who: "a newcomer", paths: EMPTY, cookies: () => newcomer },
];

for (const { who, paths, cookies: theirs } of ROUNDS) {
  test(`PG-2 Every page, as ${who} sees it: nothing in the console, nothing for axe, nothing cut off`, async ({ page, context, consoleErrors }) => {
    test.setTimeout(360_000);
    await context.addCookies(theirs());
    for (const path of paths) {
      const address = { conversation, connection, webhook, team, link, registration }[path] ?? path;
      const answer = await page.goto(address);
      const status = STATUS[path] ?? 200;
      expect(answer?.status(), address).toBe(status);
      if ([...IN_FRONT, ...INSIDE].includes(path)) await ready(page);
      else if (!PUBLIC.includes(path)) await hydrated(page);
      if (status !== 200) consoleErrors.splice(0, consoleErrors.length);
      await inEveryLook(page);
    }
  });
}

test("PG-1 Public pages carry no WebAssembly and no inline script", async ({ page }) => {
  for (const path of ["/", "/pricing", "/integrations", "/integrations/github"]) {
    const wasm: string[] = [];
    page.on("request", (request) => { if (request.url().includes(".wasm")) wasm.push(request.url()); });
    await page.goto(path);
    expect(wasm).toEqual([]);
    expect(await page.locator("script:not([src])").count()).toBe(0);
  }
});
