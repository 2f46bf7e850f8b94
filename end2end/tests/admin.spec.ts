import type { Page } from "@playwright/test";
import pg from "pg";
import { expect, freshAddress, hydrated, newestMail, ready, SOME_VARIANTS, test, violations } from "./support";
import { Aura, database, Outside } from "./process";

test.setTimeout(180_000);

const PAGES = ["/admin", "/admin/jobs", "/admin/events", "/admin/people", "/admin/money", "/admin/invitations", "/admin/services"];

type Stage = { outside: Outside; aura: Aura; query: (statement: string, values?: unknown[]) => Promise<pg.QueryResult> };

/** An Aura with outside services of its own, so that its mail server can be ended. */
async function staged(act: (stage: Stage) => Promise<void>, extra: NodeJS.ProcessEnv = {}): Promise<void> {
  const store = await database();
  const outside = await Outside.on();
  let aura: Aura | undefined;
  try {
    aura = await Aura.on(store.url, { HOST_OVERRIDES: `*=${outside.url}`, SMTP_PORT: String(outside.smtpPort), ...extra });
    const query = async (statement: string, values: unknown[] = []) => {
      const client = new pg.Client({ connectionString: store.url });
      await client.connect();
      try {
        return await client.query(statement, values);
      } finally {
        await client.end();
      }
    };
    await act({ outside, aura, query });
  } finally {
    await aura?.end();
    await outside.kill();
    await store.drop();
  }
}

async function sentTo(address: string, stage: Stage): Promise<number> {
  const mails = await fetch(`${stage.outside.url}/_sandbox/mail?to=${encodeURIComponent(address)}`);
  return ((await mails.json()) as unknown[]).length;
}

/** Signs in with an address that may be known, with the code of the mail that this brings. */
async function signInAs(page: Page, address: string, stage: Stage): Promise<void> {
  await page.goto(`${stage.aura.url}/signin`);
  await ready(page);
  const before = await sentTo(address, stage);
  await page.getByLabel("E-mail address").fill(address);
  await page.getByRole("button", { name: "Send code" }).click();
  await page.waitForURL(/\/verify-email/);
  await ready(page);
  await expect.poll(() => sentTo(address, stage), { timeout: 20_000 }).toBeGreaterThan(before);
  const mail = await newestMail(address, stage.outside.url);
  await page.getByLabel(/code/i).fill(mail.code!);
  await page.getByRole("button", { name: /sign in|verify|continue/i }).first().click();
  await page.waitForURL(/\/chat/);
}

test("AD-8 An operator made by the command suspends somebody and sends a dead mail again", async ({ page, browser, consoleErrors }) => {
  await staged(async (stage) => {
    const [olga, mira, dead] = [freshAddress("olga"), freshAddress("mira"), freshAddress("dead")];
    const unknown = await stage.aura.command("admin", "grant", olga);
    expect(unknown.code, unknown.text).toBe(1);
    expect(unknown.text).toContain("has no account here");

    await signInAs(page, olga, stage);
    expect((await page.goto(`${stage.aura.url}/admin`))?.status()).toBe(404);
    consoleErrors.splice(0, consoleErrors.length);
    const granted = await stage.aura.command("admin", "grant", olga);
    expect(granted.code, granted.text).toBe(0);
    await page.goto(`${stage.aura.url}/chat`);
    await page.waitForURL(/\/signin/);
    await signInAs(page, olga, stage);

    const other = await browser.newContext();
    const member = await other.newPage();
    await signInAs(member, mira, stage);

    await page.getByRole("button", { name: "Account menu" }).click();
    await page.getByRole("link", { name: "Administration" }).click();
    await page.waitForURL(/\/admin$/);
    await page.getByRole("navigation", { name: "Administration" }).getByRole("link", { name: "People" }).click();
    await page.getByRole("searchbox", { name: "Search", exact: true }).fill(mira.slice(0, 12));
    await page.getByRole("button", { name: "Search", exact: true }).click();
    await page.waitForURL(/q=/);
    await hydrated(page);
    await page.getByRole("link", { name: /^Look at/ }).click();
    await page.waitForURL(/\/admin\/people\/[0-9a-f-]{36}$/);
    await page.getByLabel("Why").fill("sends spam");
    await page.getByRole("button", { name: "Suspend the account" }).click();
    await expect(page.getByText("The account is suspended, and signed out everywhere.")).toBeVisible();
    await expect(page.getByText(/^Suspended on .*: sends spam$/)).toBeVisible();
    await expect(page.getByRole("button", { name: "Restore the account" })).toBeVisible();
    await member.goto(`${stage.aura.url}/chat`);
    await member.waitForURL(/\/signin/);
    await other.close();

    // With the mail server away a letter stays here; then it is given up.
    await stage.outside.kill();
    const answer = await page.request.post(`${stage.aura.url}/api/identity/start-sign-in`, {
      headers: { accept: "application/json", origin: stage.aura.url }, form: { email: dead, next: "", time_zone: "" },
    });
    expect(answer.status()).toBe(200);
    await stage.query("delete from graphile_worker._private_jobs where key like '%' || (select id::text from mails where recipient = $1)", [dead]);
    await stage.query("update mails set state = 'failed', problem = 'the mail server is away', settled_at = created_at where recipient = $1", [dead]);
    await page.goto(`${stage.aura.url}/admin/jobs`);
    await hydrated(page);
    await expect(page.getByText(dead)).toBeVisible();
    await stage.outside.start();
    await page.getByRole("button", { name: `Send again: sign_in to ${dead}` }).click();
    await expect(page.getByText("The mail is on its way again.")).toBeVisible();
    await newestMail(dead, stage.outside.url);

    const person = (await stage.query("select user_id from user_emails where email = $1", [mira])).rows[0].user_id as string;
    // A service that does not accept this installation's client.
    await stage.query("insert into client_faults (provider, client_fingerprint, since, last_seen_at) values ('quickbooks', '\\x00', now(), now())");
    for (const { width, colorScheme } of SOME_VARIANTS) {
      await page.setViewportSize({ width, height: 900 });
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      for (const path of [...PAGES, `/admin/people/${person}`]) {
        expect((await page.goto(`${stage.aura.url}${path}`))?.status(), path).toBe(200);
        await hydrated(page);
        expect(await violations(page)).toEqual([]);
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
        expect(overflow, `${path} is wider than the window`).toBeLessThanOrEqual(0);
      }
    }
    // The page follows a stream of news, and would miss the server that ends now.
    await page.goto("about:blank");
    expect(stage.aura.log()).not.toContain("\"level\":\"ERROR\"");
  });
});

test("BA-11 An operator gives a part of a payment back and ends the plan", async ({ page }) => {
  await staged(async (stage) => {
    const olga = freshAddress("olga");
    await signInAs(page, olga, stage);
    const granted = await stage.aura.command("admin", "grant", olga);
    expect(granted.code, granted.text).toBe(0);
    await signInAs(page, olga, stage);

    // A plan that is paid at once: the trial was had long ago.
    const teams = await stage.query("select t.id from teams t join user_emails e on e.user_id = t.personal_of where e.email = $1", [olga]);
    const team = teams.rows[0].id as string;
    await stage.query("insert into billing_trials (key, stripe_subscription, used_at) values ($1, 'sub_long_ago', now())", [`team:${team}`]);
    await page.goto(`${stage.aura.url}/billing/plans`);
    await page.getByRole("button", { name: /^Buy Pro by the month/ }).first().click();
    await expect(page.getByRole("heading", { name: "Subscribe" })).toBeVisible({ timeout: 20_000 });
    await page.getByRole("button", { name: "Pay", exact: true }).click();
    await page.waitForURL(/\/billing\/success\?session_id=/);
    await expect(page.getByText("Pro is yours from now on.")).toBeVisible();
    const number = (await stage.query("select number from billing_invoices")).rows[0].number as string;

    await page.goto(`${stage.aura.url}/admin`);
    await page.getByRole("navigation", { name: "Administration" }).getByRole("link", { name: "Money" }).click();
    await page.getByLabel("Find a team").fill(number.toLowerCase());
    await page.getByRole("button", { name: "Search", exact: true }).click();
    await page.waitForURL(/q=/);
    await hydrated(page);
    await page.getByRole("link", { name: /^Money of / }).click();
    await page.waitForURL(/\/admin\/money\/[0-9a-f-]{36}$/);
    await page.getByRole("link", { name: `Refund ${number}` }).click();
    await page.waitForURL(/invoice=in_/);
    const refund = page.url();
    await hydrated(page);
    for (const { width, colorScheme } of SOME_VARIANTS) {
      await page.setViewportSize({ width, height: 900 });
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      for (const path of [refund, `${stage.aura.url}/admin/money?q=${number}`]) {
        await page.goto(path);
        await hydrated(page);
        expect(await violations(page), path).toEqual([]);
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
        expect(overflow, `${path} is wider than the window`).toBeLessThanOrEqual(0);
      }
    }
    await page.goto(refund);
    await hydrated(page);
    await page.getByLabel("Amount").fill("5");
    await page.getByLabel("Why", { exact: true }).fill("an outage");
    await page.getByRole("button", { name: "Give the money back" }).click();
    await expect(page.getByText("The refund is made.")).toBeVisible({ timeout: 20_000 });
    await expect(page.getByText(/€5\.00 of it given back/)).toBeVisible();
    await expect(page.getByText("Refund of €5.00")).toBeVisible();
    await page.getByLabel("Why it ends").fill("asked for it");
    await page.getByRole("button", { name: "End the plan now" }).click();
    await expect(page.getByText("The plan is over, and the team has the free plan.")).toBeVisible({ timeout: 20_000 });
    await expect(page.getByRole("button", { name: "End the plan now" })).toBeHidden();
    await page.goto(`${stage.aura.url}/admin/money`);
    await hydrated(page);
    await expect(page.getByText(/Refund: €5\.00/)).toBeVisible();
    await page.goto("about:blank");
    expect(stage.aura.log()).not.toContain("\"level\":\"ERROR\"");
  }, { STRIPE_SECRET_KEY: "sk_test_sandbox_walk", STRIPE_WEBHOOK_SECRET: "whsec_sandbox_walk" });
});

test("LM-12 Opening every page anew and at once meets no limit, and counts as nothing", async ({ page }) => {
  await staged(async (stage) => {
    await signInAs(page, freshAddress("reader"), stage);
    const counted: string[] = [];
    const refused: string[] = [];
    page.on("request", (request) => {
      const { pathname } = new URL(request.url());
      if (!["GET", "HEAD"].includes(request.method()) && pathname.startsWith("/api/")) counted.push(`${request.method()} ${pathname}`);
    });
    page.on("response", (response) => {
      if (response.status() === 429) refused.push(response.url());
    });
    for (let round = 0; round < 3; round += 1) {
      for (const path of ["/chat", "/connections", "/profile", "/settings", "/settings/security", "/settings/activity", "/"]) {
        await page.goto(`${stage.aura.url}${path}`);
        if (path !== "/") await hydrated(page);
      }
    }
    expect(counted).toEqual([]);
    expect(refused).toEqual([]);
  });
});

test("LM-11 A refusal for too many tries counts down on the page", async ({ page }) => {
  await staged(async (stage) => {
    for (let number = 0; number < 10; number += 1) {
      const answer = await page.request.post(`${stage.aura.url}/api/identity/start-sign-in`, {
        headers: { accept: "application/json", origin: stage.aura.url },
        form: { email: freshAddress(`p${number}`), next: "", time_zone: "" },
      });
      expect(answer.status()).toBe(200);
    }
    await page.goto(`${stage.aura.url}/signin`);
    await ready(page);
    await page.getByLabel("E-mail address").fill(freshAddress("eleventh"));
    await page.getByRole("button", { name: "Send code" }).click();
    const timer = page.getByRole("timer");
    await expect(timer).toContainText(/\d+ seconds? left/);
    const first = Number.parseInt((await timer.textContent())!, 10);
    await expect.poll(async () => Number.parseInt((await timer.textContent()) ?? "", 10)).toBeLessThan(first);
  }, { RATE_LIMIT: "1000/10s" });
});
