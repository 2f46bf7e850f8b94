import type { Page } from "@playwright/test";
import pg from "pg";
import { connect, expect, freshAddress, hydrated, newestMail, ready, signIn, test } from "./support";
import { Aura, database, Outside } from "./process";

test.setTimeout(120_000);

type Stage = { outside: Outside; aura: Aura; rows: (table: string) => Promise<number> };

/** Somebody signed in with GitHub connected; then `act` runs, with outside services that it can end. */
async function staged(
  page: Page, act: (stage: Stage) => Promise<void>, extra: NodeJS.ProcessEnv = {},
): Promise<void> {
  const store = await database();
  const outside = await Outside.on();
  let aura: Aura | undefined;
  try {
    aura = await Aura.on(store.url, {
      HOST_OVERRIDES: `*=${outside.url}`,
      OPENAI_API_KEY: "sandbox-key",
      SMTP_PORT: String(outside.smtpPort),
      GITHUB_CLIENT_ID: "sandbox-github", GITHUB_CLIENT_SECRET: "sandbox-secret",
      SLACK_CLIENT_ID: "sandbox-slack", SLACK_CLIENT_SECRET: "sandbox-secret",
      ...extra,
    });
    await signIn(page, "outage", { at: aura.url, sandbox: outside.url });
    await connect(page, "GitHub", aura.url);
    const rows = async (table: string) => {
      const client = new pg.Client({ connectionString: store.url });
      await client.connect();
      const { rows } = await client.query(`select count(*)::int as count from ${table}`);
      await client.end();
      return rows[0].count as number;
    };
    await act({ outside, aura, rows });
  } finally {
    await aura?.end();
    await outside.kill();
    await store.drop();
  }
}

/** The part of the connections page that lists what works. */
const working = (page: Page) => page.locator("section[aria-labelledby=yours]");

test("CN-17 With every service away connections stay, and leaving for another connects nothing by half", async ({ page }) => {
  await staged(page, async ({ outside, aura, rows }) => {
    await outside.kill();
    await page.goto(`${aura.url}/connections`);
    await hydrated(page);
    await expect(working(page)).toContainText("GitHub");

    const [left] = await Promise.all([
      page.waitForEvent("requestfailed", (request) => request.isNavigationRequest() && request.url().startsWith(outside.url)),
      page.getByRole("link", { name: "Connect Slack" }).first().click(),
    ]);
    expect(left.url()).toContain("slack.com");

    await page.goto(`${aura.url}/connections`);
    await hydrated(page);
    await expect(working(page)).toContainText("GitHub");
    await expect(working(page)).not.toContainText("Slack");
    await expect(page.getByRole("link", { name: "Connect Slack" }).first()).toBeVisible();
    expect(await rows("connections")).toBe(1);
  });
});

test("AN-15 With the model away a question ends with a sentence, and Try again answers once it is back", async ({ page }) => {
  await staged(page, async ({ outside, aura }) => {
    await outside.kill();
    await page.goto(`${aura.url}/chat`);
    await hydrated(page);
    await page.getByRole("textbox", { name: /ask|message/i }).fill("What is the weather like on the moon?");
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/chat\/[0-9a-f-]{36}/);
    const failed = page.getByRole("alert").filter({ has: page.getByRole("button", { name: "Try again" }) });
    await expect(failed).toContainText("The model is not available at the moment", { timeout: 30_000 });
    await expect(page.locator(".thread[aria-busy=true]")).toHaveCount(0);

    // The page says the same when it is read again.
    await page.reload();
    await hydrated(page);
    await expect(failed).toContainText("The model is not available at the moment");

    await outside.start();
    await failed.getByRole("button", { name: "Try again" }).click();
    await expect.poll(
      async () => ((await page.locator(".thread .prose").last().textContent()) ?? "").trim().length, { timeout: 20_000 },
    ).toBeGreaterThan(20);
    await expect(page.locator(".thread[aria-busy=true]")).toHaveCount(0, { timeout: 20_000 });
  });
});

test("AN-16 With the service away a question about it ends with a sentence that names the service", async ({ page }) => {
  await staged(page, async ({ outside, aura }) => {
    await outside.kill();
    await page.goto(`${aura.url}/chat`);
    await hydrated(page);
    await page.getByRole("textbox", { name: /ask|message/i }).fill("Which of my issues are open?");
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/chat\/[0-9a-f-]{36}/);
    const failed = page.getByRole("alert").filter({ has: page.getByRole("button", { name: "Try again" }) });
    await expect(failed).toContainText("GitHub", { timeout: 30_000 });
    await expect(page.locator(".thread[aria-busy=true]")).toHaveCount(0);
  }, { OPENAI_API_KEY: "" });
});

test("CN-18 With the service away, disconnecting destroys the tokens here and says that nobody there confirmed it", async ({ page }) => {
  await staged(page, async ({ outside, aura, rows }) => {
    expect(await rows("connections")).toBe(1);
    await outside.kill();
    await page.goto(`${aura.url}/connections`);
    await hydrated(page);
    await page.getByRole("button", { name: /^Disconnect/ }).first().click();
    await page.locator("dialog[open], [popover]:popover-open").first().getByRole("button", { name: /disconnect/i }).click();
    await expect(page.getByText("GitHub did not confirm that access was revoked")).toBeVisible({ timeout: 30_000 });
    await expect(page.getByText("Aura tries again for a day")).toBeVisible();
    await expect(page.getByRole("link", { name: "Connect GitHub" })).toBeVisible();
    expect(await rows("connections")).toBe(0);
  });
});

test("SI-12 With the mail server away the page for the code comes, and the code follows when mail is back", async ({ page, browser }) => {
  await staged(page, async ({ outside, aura }) => {
    await outside.kill();
    const context = await browser.newContext();
    const other = await context.newPage();
    const errors: string[] = [];
    other.on("console", (message) => message.type() === "error" && errors.push(message.text()));
    other.on("pageerror", (error) => errors.push(String(error)));
    const failures: string[] = [];
    other.on("response", (answer) => answer.status() >= 500 && failures.push(`${answer.status()} ${answer.url()}`));
    const address = freshAddress("outage");
    await other.goto(`${aura.url}/signin`);
    await ready(other);
    await other.getByLabel("E-mail address").fill(address);
    await other.getByRole("button", { name: "Send code" }).click();
    await other.waitForURL(/\/verify-email/);
    await ready(other);
    await expect(other.getByRole("heading", { name: "Enter the code" })).toBeVisible();

    await outside.start();
    const mail = await newestMail(address, outside.url);
    await other.getByLabel(/code/i).fill(mail.code!);
    await other.getByRole("button", { name: /sign in|verify|continue/i }).first().click();
    await other.waitForURL(/\/chat/);
    expect(failures).toEqual([]);
    expect(errors, "the console stays free of errors").toEqual([]);
    await context.close();
  });
});
