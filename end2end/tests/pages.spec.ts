import AxeBuilder from "@axe-core/playwright";
import type { BrowserContext } from "@playwright/test";
import { connect, expect, freshAddress, hydrated, newestMail, ready, signIn, test } from "./support";

const PUBLIC = ["/", "/pricing", "/integrations", "/nothing-here"];
const GATE = ["/signin", "/signin/privy", "/refresh?redirect_uri=/connections", "/verify-email", "/undo-email?token=x",
  "/lost-mailbox", "/lost-mailbox?request=0192f0c1-0000-7000-8000-000000000000", "/lost-mailbox?sent=yes", "/stop-recovery?token=x"];
const INSIDE = ["/settings/confirm?next=/settings/security", "/settings/wallet"];
const APP = ["/chat", "/connections", "/notifications", "/settings/notifications", "/profile", "/settings"];
const VARIANTS = [
  { width: 390, colorScheme: "light" }, { width: 390, colorScheme: "dark" },
  { width: 1280, colorScheme: "light" }, { width: 1280, colorScheme: "dark" },
] as const;

// One sign-in serves all variants: the mailbox limits are as strict here as anywhere.
let cookies: Awaited<ReturnType<BrowserContext["cookies"]>> = [];
let conversation = "";
// A sign-in that waits for its code, and the path of the link in its mail.
let waiting: typeof cookies = [];
let link = "";

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
  cookies = await context.cookies();
  await context.clearCookies();
  const address = freshAddress("waiting");
  await page.goto("/signin");
  await ready(page);
  await page.getByLabel("E-mail address").fill(address);
  await page.getByRole("button", { name: "Send code" }).click();
  await page.waitForURL(/\/verify-email/);
  waiting = await context.cookies();
  const mailed = (await newestMail(address)).links.find((candidate) => candidate.includes("/verify-email"));
  link = new URL(mailed!).pathname + new URL(mailed!).search;
  await context.close();
});

for (const { width, colorScheme } of VARIANTS) {
  test(`PG-2 Every page at ${width} px in ${colorScheme}: nothing in the console, nothing for axe, nothing cut off`, async ({ page, context, consoleErrors }) => {
    await page.setViewportSize({ width, height: 900 });
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await context.addCookies(waiting);
    for (const path of [...PUBLIC, ...GATE, "link", ...APP, "conversation", ...INSIDE]) {
      if (path === APP[0]) await context.addCookies(cookies);
      const address = { conversation, link }[path] ?? path;
      const answer = await page.goto(address);
      expect(answer?.status(), address).toBe(path === "/nothing-here" ? 404 : 200);
      if ([...GATE, "link", ...INSIDE].includes(path)) await ready(page);
      else if (!PUBLIC.includes(path)) await hydrated(page);
      // The browser reports the expected 404 as an error of its own.
      if (path === "/nothing-here") consoleErrors.splice(0, consoleErrors.length);
      const results = await new AxeBuilder({ page }).analyze();
      expect(results.violations.map((violation) => `${address}: ${violation.id} ${violation.nodes[0]?.html}`)).toEqual([]);
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      expect(overflow, `${address} is wider than the window`).toBeLessThanOrEqual(0);
    }
  });
}

test("PG-1 Public pages carry no WebAssembly and no inline script", async ({ page }) => {
  for (const path of ["/", "/pricing", "/integrations"]) {
    const wasm: string[] = [];
    page.on("request", (request) => { if (request.url().includes(".wasm")) wasm.push(request.url()); });
    await page.goto(path);
    expect(wasm).toEqual([]);
    expect(await page.locator("script:not([src])").count()).toBe(0);
  }
});
