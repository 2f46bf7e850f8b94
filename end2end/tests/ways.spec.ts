import { expect, hydrated, newestMail, ready, SANDBOX, test, violations } from "./support";
import { Aura, database, serve } from "./process";
import type { Page } from "@playwright/test";

/** A login that nobody used before, at every service. */
const somebody = (name: string) => `${name}-${Date.now().toString(36)}${Math.floor(Math.random() * 1e6).toString(36)}`;

/** Allows on the consent page, as somebody of one's own making. */
async function allow(page: Page, login: string, mailbox?: string): Promise<void> {
  await page.waitForURL((url) => url.origin === new URL(SANDBOX).origin);
  await page.locator("input[name=somebody]").fill(login);
  if (mailbox) await page.locator("select[name=mailbox]").selectOption(mailbox);
  await page.getByRole("button", { name: "Allow" }).click();
}

async function comeInWith(page: Page, service: string, login: string, mailbox?: string): Promise<void> {
  await page.goto("/signin");
  await page.getByRole("link", { name: `Sign in with ${service}` }).click();
  await allow(page, login, mailbox);
}

test("Google signs in a newcomer, GitHub is linked and unlinked, and the last way in stays", async ({ page, context }) => {
  const login = somebody("ways");
  await comeInWith(page, "Google", login, "unverified");
  await page.waitForURL(/\/chat/);

  await page.goto("/settings/security");
  await hydrated(page);
  const ways = page.getByRole("region", { name: "Ways to sign in" });
  await expect(ways.getByText("Your only way in")).toBeVisible();
  await expect(ways.getByRole("button", { name: "Unlink" })).toHaveCount(0);
  await ways.getByRole("link", { name: "Link GitHub" }).click();
  await allow(page, login);
  await page.waitForURL(/\/settings\/security\?linked=github/);
  await hydrated(page);
  await expect(page.getByText("GitHub is linked: you can sign in with it now.")).toBeVisible();
  await expect(ways.getByText("Your only way in")).toHaveCount(0);
  expect(await violations(page)).toEqual([]);

  // The linked account opens the same person in another browser.
  const other = await context.browser()!.newPage({ baseURL: new URL(page.url()).origin });
  await comeInWith(other, "GitHub", login);
  await other.waitForURL(/\/chat/);
  const viewer = async (of: Page) => (await (await of.request.get("/api/identity/viewer")).json()).id;
  expect(await viewer(other)).toBe(await viewer(page));

  // Unlinking GitHub leaves Google, which has to stay, and signs the other browser out.
  const github = ways.locator(".row").filter({ hasText: "GitHub" }).filter({ hasText: "linked" });
  await github.getByRole("button", { name: "Unlink" }).first().click();
  await page.getByRole("dialog").getByRole("button", { name: "Unlink" }).click();
  await expect(ways.getByText("Your only way in")).toBeVisible();
  expect(await (await other.request.get("/api/identity/viewer")).json()).toBeNull();
  await other.close();
});

test("Signing in with Spotify needs no address and connects it", async ({ page }) => {
  await comeInWith(page, "Spotify", somebody("listener"));
  await page.waitForURL(/\/chat/);
  await page.goto("/connections");
  await expect(page.getByRole("heading", { name: "Connected" })).toBeVisible();
  await expect(page.getByRole("main")).toContainText("Spotify");
});

test("A Google account with a known address asks its owner first", async ({ page }) => {
  // The sandbox gives it the address {login}@northbeam.example, hosted by its issuer.
  const login = somebody("owner");
  const address = `${login}@northbeam.example`;
  const code = async () => (await newestMail(address)).code!;
  await page.goto("/signin");
  await ready(page);
  await page.getByLabel("E-mail address").fill(address);
  await page.getByRole("button", { name: "Send code" }).click();
  await page.waitForURL(/\/verify-email/);
  await ready(page);
  await page.getByLabel(/code/i).fill(await code());
  await page.getByRole("button", { name: "Continue" }).click();
  await page.waitForURL(/\/chat/);
  await hydrated(page);
  await page.goto("about:blank");
  await page.context().clearCookies();

  await comeInWith(page, "Google", login, "hosted");
  await page.waitForURL(/\/signin\?known=google/);
  await expect(page.getByText("You have an account with this address already.")).toBeVisible();
  await ready(page);
  const before = await code();
  await page.getByLabel("E-mail address").fill(address);
  await page.getByRole("button", { name: "Send code" }).click();
  await page.waitForURL(/\/verify-email/);
  await ready(page);
  await expect.poll(code, { timeout: 20_000 }).not.toBe(before);
  await page.getByLabel(/code/i).fill(await code());
  await page.getByRole("button", { name: "Continue" }).click();
  await page.waitForURL(/\/settings\/security/);
  await hydrated(page);
  await expect(page.getByRole("heading", { name: "Link Google?" })).toBeVisible();
  await page.getByRole("button", { name: "Yes, link it" }).click();
  await expect(page.getByRole("heading", { name: "Link Google?" })).toHaveCount(0);
  await expect(page.getByRole("region", { name: "Ways to sign in" })).toContainText(/Google.*linked/s);
});

test.describe("without a script", () => {
  test.use({ javaScriptEnabled: false });

  test("WY-23 Signing in, linking and unlinking need no script", async ({ page }) => {
    const login = somebody("plain");
    await comeInWith(page, "Google", login, "unverified");
    await page.waitForURL(/\/chat/);
    await page.goto("/settings/security");
    await page.getByRole("link", { name: "Link GitHub" }).click();
    await allow(page, login);
    await page.waitForURL(/\/settings\/security\?linked=github/);
    const ways = page.getByRole("region", { name: "Ways to sign in" });
    await ways.locator(".row").filter({ hasText: "GitHub" }).filter({ hasText: "linked" })
      .getByRole("button", { name: "Unlink" }).first().click();
    await page.getByRole("dialog").getByRole("button", { name: "Unlink" }).click();
    await expect(ways.getByText("Your only way in")).toBeVisible();
  });
});

test.describe("against a program that nobody here wrote", () => {
  // Its own pages have errors of their own.
  test.use({ consoleErrors: [async ({}, use) => { await use([]); }, { auto: true }] as never });

  test("WY-24 Signing in passes against oidc-provider in the place of Google", async ({ page }) => {
    const { default: Provider } = await import("oidc-provider");
    const { generateKeyPairSync } = await import("node:crypto");
    const store = await database();
    let handler: (request: any, response: any) => void = () => {};
    const { url: judge, server } = await serve((request: any, response: any) => {
      const [, , ...rest] = request.url.split("/");
      request.originalUrl = request.url;
      request.url = `/${rest.join("/")}`;
      handler(request, response);
    });
    const hosts = ["accounts.google.com", "oauth2.googleapis.com", "www.googleapis.com"];
    const aura = await Aura.on(store.url, {
      HOST_OVERRIDES: hosts.map((host) => `${host}=${judge}`).join(","),
      GOOGLE_CLIENT_ID: "aura", GOOGLE_CLIENT_SECRET: "judge-secret-of-enough-length",
    });
    const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const provider: any = new Provider("https://accounts.google.com", {
      clients: [{
        client_id: "aura", client_secret: "judge-secret-of-enough-length",
        redirect_uris: [`${aura.url}/api/auth/callback/google`],
        application_type: "native", grant_types: ["authorization_code"], response_types: ["code"],
        token_endpoint_auth_method: "client_secret_post",
      }],
      jwks: { keys: [{ ...(privateKey.export({ format: "jwk" }) as object), use: "sig", alg: "RS256", kid: "judge" }] },
      claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name"] },
      conformIdTokenClaims: false,
      pkce: { required: () => true },
      routes: { authorization: "/o/oauth2/v2/auth", token: "/token", jwks: "/oauth2/v3/certs" },
      cookies: { keys: ["judge"], long: { secure: false }, short: { secure: false } },
      features: { devInteractions: { enabled: true } },
      findAccount: (_: unknown, id: string) => ({
        accountId: id,
        claims: () => ({ sub: id, name: "A Judge", email: `${id}@gmail.com`, email_verified: true }),
      }),
    });
    handler = (request, response) => {
      request.url = request.url.replace(/([?&])prompt=select_account(&|$)/, "$1").replace(/[?&]$/, "");
      provider.callback()(request, response);
    };
    try {
      await page.goto(`${aura.url}/signin`);
      await page.getByRole("link", { name: "Sign in with Google" }).click();
      await page.locator("input[name=login]").fill("judge-account");
      await page.locator("input[name=password]").fill("anything");
      await page.locator("button[type=submit]").click();
      await page.locator("button[type=submit]").click();
      await page.waitForURL(/\/chat/);
      const viewer = await (await page.request.get(`${aura.url}/api/identity/viewer`)).json();
      expect(viewer).toMatchObject({ display_name: "A Judge", email: "judge-account@gmail.com" });
    } finally {
      await aura.end();
      server.close();
      await store.drop();
    }
  });
});
