import AxeBuilder from "@axe-core/playwright";
import { test as base, expect, type Page } from "@playwright/test";

/** Where the outside services of this stack are. */
export const SANDBOX = process.env.SANDBOX_URL ?? "http://localhost:4010";

type Mail = { id: string; to: string; subject: string; text: string; html: string; code: string | null; links: string[] };

let people = 0;
/** A network address of one's own: limits count by it, and tests that follow each other quickly are different people. */
function ownAddress(): string {
  people += 1;
  // 198.18.0.0/15 is for tests: a half for each of two workers.
  return `198.${18 + Number(process.env.TEST_PARALLEL_INDEX ?? 0) % 2}.${process.pid % 256}.${people % 256}`;
}

/**
 * A test whose page may write nothing to the console's error stream, and whose browsers come from an address of their
 * own, as behind a proxy that the server trusts.
 */
export const test = base.extend<{ consoleErrors: string[] }>({
  extraHTTPHeaders: async ({}, use) => { await use({ "x-forwarded-for": ownAddress() }); },
  consoleErrors: [
    async ({ page }, use) => {
      const errors: string[] = [];
      page.on("console", (message) => {
        const { url } = message.location();
        // A page holds its stream of events as long as it is open, also when a test ends the server or the session before.
        const cut = /\/api\/events\?/.test(url) && /net::ERR_|status of 401/.test(message.text());
        if (message.type() === "error" && !cut) errors.push(`${message.text()} (${url})`);
      });
      page.on("pageerror", (error) => errors.push(String(error)));
      await use(errors);
      expect(errors, "the console stays free of errors").toEqual([]);
    },
    { auto: true },
  ],
});

export { expect };

/** How pages are looked at: on a phone and on a desk, light and dark. */
export const VARIANTS = [
  { width: 390, colorScheme: "light" }, { width: 390, colorScheme: "dark" },
  { width: 1280, colorScheme: "light" }, { width: 1280, colorScheme: "dark" },
] as const;

/** For pages in many states: each width and each colour once; `EVERY_VARIANT` asks for all four. */
export const SOME_VARIANTS = process.env.EVERY_VARIANT ? VARIANTS : [VARIANTS[1], VARIANTS[2]];

/** An address nobody used before, so that tests do not meet each other. */
export function freshAddress(name: string): string {
  return `${name}-${Date.now().toString(36)}${Math.floor(Math.random() * 1e6).toString(36)}@example.com`;
}

async function mails(to: string, sandbox = SANDBOX): Promise<Mail[]> {
  const answer = await fetch(`${sandbox}/_sandbox/mail?to=${encodeURIComponent(to)}`);
  return (await answer.json()) as Mail[];
}

/** The newest mail to an address, once it has arrived: one more than there were before. */
export async function newestMail(to: string, sandbox = SANDBOX, before = 0): Promise<Mail> {
  let mail: Mail | undefined;
  await expect
    .poll(async () => {
      const all = await mails(to, sandbox);
      mail = all[0];
      return all.length;
    }, { timeout: 20_000 })
    .toBeGreaterThan(before);
  return mail!;
}

/** Waits until the page has been taken over, where it is taken over at all. */
export async function hydrated(page: Page): Promise<void> {
  await page.locator("html[data-hydrated]").waitFor({ state: "attached", timeout: 30_000 });
}

/** Waits until the script of a page in front of the app has done its part. */
export async function ready(page: Page): Promise<void> {
  await page.locator("html[data-ready]").waitFor({ state: "attached", timeout: 30_000 });
}

/** What axe finds on a page, a line each. It tells of nothing else and works in the page itself: that is four times quicker. */
export async function violations(page: Page, without: string[] = []): Promise<string[]> {
  const axe = new AxeBuilder({ page }).options({ resultTypes: ["violations"] }).disableRules(without).setLegacyMode(true);
  const found = await axe.analyze();
  return found.violations.map(({ id, nodes }) => `${page.url()}: ${id} ${nodes.map(({ html }) => html).join(" ")}`);
}

/**
 * Looks at the page that is open, on a phone and on a desk, light and dark: nothing for axe, nothing cut off. It is loaded
 * once, since what it is made of is the same in all of them.
 */
export async function inEveryLook(page: Page, what = page.url()): Promise<void> {
  for (const { width, colorScheme } of VARIANTS) {
    const look = `${what} at ${width} px in ${colorScheme}`;
    await page.setViewportSize({ width, height: 900 });
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    expect(await violations(page), look).toEqual([]);
    const { wider, outside } = await page.evaluate(() => ({
      wider: document.documentElement.scrollWidth - window.innerWidth,
      outside: [...document.querySelectorAll(".button")].filter((button) => button.checkVisibility()
        && button.getBoundingClientRect().right > window.innerWidth).map((button) => button.textContent),
    }));
    expect(wider, `${look} is wider than the window`).toBeLessThanOrEqual(0);
    expect(outside, `${look}: buttons outside of the window`).toEqual([]);
  }
}

/** Signs in with the code from the mail and ends in the chat: as somebody new, or once more as who has an address. */
export async function signIn(
  page: Page, name: string, options: { scripts?: boolean; at?: string; sandbox?: string; address?: string } = {},
): Promise<string> {
  const address = options.address ?? freshAddress(name);
  const before = options.address ? (await mails(address, options.sandbox)).length : 0;
  await page.goto(`${options.at ?? ""}/signin`);
  if (options.scripts !== false) await ready(page);
  await page.getByLabel("E-mail address").fill(address);
  await page.getByRole("button", { name: "Send code" }).click();
  await page.waitForURL(/\/verify-email/);
  if (options.scripts !== false) await ready(page);
  const mail = await newestMail(address, options.sandbox, before);
  expect(mail.code, "the mail carries a six-digit code").toMatch(/^\d{6}$/);
  await page.getByLabel(/code/i).fill(mail.code!);
  await page.getByRole("button", { name: /sign in|verify|continue/i }).first().click();
  await page.waitForURL(/\/chat/);
  return address;
}

/** Connects a service through its consent page. */
export async function connect(page: Page, service: string, at = ""): Promise<void> {
  await page.goto(`${at}/connections`);
  await page.getByRole("link", { name: `Connect ${service}` }).first().click();
  await page.getByRole("button", { name: /allow/i }).click();
  await page.waitForURL(/\/connections/);
  await expect(page.getByRole("heading", { name: "Connected" })).toBeVisible();
  await agree(page);
}

/** Says yes, for every account on the page of connections, to the model seeing what is read there. */
export async function agree(page: Page): Promise<void> {
  const details = page.getByRole("link", { name: /^Details of / });
  const links = await details.evaluateAll((all) => all.map((link) => link.getAttribute("href") ?? ""));
  const origin = new URL(page.url()).origin;
  for (const connection of links.map((link) => link.split("/").pop()!)) {
    const said = await page.request.post(`${origin}/api/connections/let-models-see`, {
      form: { connection, may: "true" },
      headers: { accept: "application/json", origin, "sec-fetch-site": "same-origin" },
    });
    expect(said.status(), await said.text()).toBe(200);
  }
}

/** Asks the outside services for a fault. */
export async function fault(body: Record<string, unknown>): Promise<void> {
  const answer = await fetch(`${SANDBOX}/_sandbox/faults`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  expect(answer.ok).toBe(true);
}

/** Takes all faults back. */
export async function noFaults(): Promise<void> {
  await fetch(`${SANDBOX}/_sandbox/faults`, { method: "DELETE" });
}
