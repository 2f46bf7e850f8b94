import { expect, hydrated, signIn, test } from "./support";
import { Aura, database, freePort, serve } from "./process";

// The third-party pages these walks pass have errors of their own; only ours must be silent.
test.use({ consoleErrors: [async ({}, use) => { await use([]); }, { auto: true }] as never });

/** Sends `/{host}/path` on to a listener as `/path`, keeping the prefix where libraries look for a mount point. */
function unmounted(listener: (request: any, response: any) => void) {
  return (request: any, response: any) => {
    const [, host, ...rest] = request.url.split("/");
    request.originalUrl = request.url;
    request.host = host;
    request.url = `/${rest.join("/")}`;
    listener(request, response);
  };
}

test("CN-14 The connect flow passes against oidc-provider in the place of one service", async ({ page }) => {
  const { default: Provider } = await import("oidc-provider");
  const store = await database();
  let handler: (request: any, response: any) => void = () => {};
  const { url: judge, server } = await serve(unmounted((request, response) => handler(request, response)));
  const aura = await Aura.on(store.url, {
    HOST_OVERRIDES: `github.com=${judge},api.github.com=${judge}`,
    GITHUB_CLIENT_ID: "aura", GITHUB_CLIENT_SECRET: "judge-secret-of-enough-length",
  });
  const provider: any = new Provider("https://github.com/login/oauth", {
    clients: [{
      client_id: "aura", client_secret: "judge-secret-of-enough-length",
      redirect_uris: [`${aura.url}/api/integrations/github/callback`],
      application_type: "native",
      grant_types: ["authorization_code", "refresh_token"], response_types: ["code"],
      token_endpoint_auth_method: "client_secret_post",
    }],
    scopes: ["openid", "offline_access", "repo", "read:user", "notifications", "read:org", "user:email"],
    pkce: { required: () => true },
    routes: { authorization: "/login/oauth/authorize", token: "/login/oauth/access_token" },
    cookies: { keys: ["judge"], long: { secure: false }, short: { secure: false } },
    features: { devInteractions: { enabled: true } },
    findAccount: (_: unknown, id: string) => ({ accountId: id, claims: () => ({ sub: id }) }),
  });
  provider.proxy = false;
  let exchanges = 0;
  provider.on("grant.success", () => { exchanges += 1; });
  const callback = provider.callback();
  handler = async (request, response) => {
    if (request.host === "api.github.com" && request.url === "/user") {
      const token = await provider.AccessToken.find(String(request.headers.authorization ?? "").replace(/^\w+ /, ""));
      response.writeHead(token ? 200 : 401, { "content-type": "application/json" });
      response.end(JSON.stringify(token ? { id: 4711, login: token.accountId, name: "A judge" } : { message: "Bad credentials" }));
    } else callback(request, response);
  };
  try {
    await signIn(page, "judge", { at: aura.url });
    await page.goto(`${aura.url}/connections`);
    await page.getByRole("link", { name: "Connect GitHub" }).first().click();
    await page.locator("input[name=login]").fill("judge-account");
    await page.locator("input[name=password]").fill("anything");
    await page.locator("button[type=submit]").click();
    await page.locator("button[type=submit]").click();
    await page.waitForURL(/\/connections/);
    await expect(page.getByText("judge-account").first()).toBeVisible();
    expect(exchanges).toBe(1);
  } finally {
    await aura.end();
    server.close();
    await store.drop();
  }
});

test("The chat streams from aimock, a model server nobody here wrote", async ({ page }) => {
  const { LLMock } = await import("@copilotkit/aimock");
  const port = await freePort();
  const model: any = new LLMock({ port, host: "127.0.0.1", chunkSize: 6 } as any);
  model.onMessage(/tides/i, { content: "The tides follow the moon, and the moon follows its own slow clock." });
  await model.start();
  const store = await database();
  const aura = await Aura.on(store.url, { OPENAI_API_KEY: "aimock-key", OPENAI_BASE_URL: `http://127.0.0.1:${port}/v1` });
  try {
    await signIn(page, "judge", { at: aura.url });
    await page.goto(`${aura.url}/chat`);
    await hydrated(page);
    await page.getByRole("textbox", { name: /ask|message/i }).fill("Tell me about tides");
    await page.keyboard.press("Enter");
    await expect(page.locator(".thread .prose")).toContainText("the moon follows its own slow clock", { timeout: 20_000 });
  } finally {
    await aura.end();
    await model.stop();
    await store.drop();
  }
});
