import { execFile } from "node:child_process";
import { createPrivateKey, randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { promisify } from "node:util";
import pg from "pg";
import { agree, expect, freshAddress, hydrated, newestMail, ready, SANDBOX, test } from "./support";
import { Aura, database, emptyPlace, serve, TOKEN_KEYS } from "./process";
import { program, renew, type Tokens } from "./program";

test.setTimeout(120_000);

const canary = (name: string) => `canary-${name}-${randomBytes(12).toString("hex")}`;

type Pair = { access: string; refresh: string };
type Issuing = { oauth2: Record<"github" | "google" | "spotify", Pair>; oauth1: { token: string; secret: string }; key: string };

/**
 * Services that hand out tokens of ours, by consent, by a signed visit and by a key, and remember the codes, states and
 * verifiers that pass through them.
 */
async function issuing(given: Issuing): Promise<{ url: string; server: Server; passed: Map<string, string> }> {
  const passed = new Map<string, string>();
  const scopes = new Map<string, string>();
  const codes = new Set<string>();
  let back = "";
  const temporary = { token: canary("trello-temporary"), secret: canary("trello-temporary-secret"), verifier: canary("trello-verifier") };
  const json = (response: ServerResponse, body: unknown, status = 200) => {
    response.writeHead(status, { "content-type": "application/json" });
    response.end(JSON.stringify(body));
  };
  const pairs = (response: ServerResponse, body: Record<string, string>) => {
    response.writeHead(200, { "content-type": "application/x-www-form-urlencoded" });
    response.end(new URLSearchParams(body).toString());
  };
  const leave = (response: ServerResponse, to: string, more: Record<string, string>) => {
    const url = new URL(to);
    for (const [name, value] of Object.entries(more)) url.searchParams.set(name, value);
    response.writeHead(302, { location: url.toString() });
    response.end();
  };
  const body = async (request: IncomingMessage) => {
    let text = "";
    for await (const chunk of request) text += chunk;
    return new URLSearchParams(text);
  };
  /** OAuth 1 has its own parameters in the header. */
  const signed = (request: IncomingMessage, name: string) =>
    decodeURIComponent(new RegExp(`${name}="([^"]*)"`).exec(request.headers.authorization ?? "")?.[1] ?? "");
  const trello = (request: IncomingMessage, response: ServerResponse, path: string, query: URLSearchParams) => {
    if (path === "/1/OAuthGetRequestToken") {
      back = signed(request, "oauth_callback");
      passed.set("state of trello", new URL(back).searchParams.get("state")!);
      pairs(response, { oauth_token: temporary.token, oauth_token_secret: temporary.secret, oauth_callback_confirmed: "true" });
    } else if (path === "/1/OAuthAuthorizeToken" && query.get("oauth_token") === temporary.token) {
      for (const [name, value] of Object.entries(temporary)) passed.set(`temporary ${name} of trello`, value);
      leave(response, back, { oauth_token: temporary.token, oauth_verifier: temporary.verifier });
    } else if (path === "/1/OAuthGetAccessToken" && signed(request, "oauth_verifier") === temporary.verifier) {
      pairs(response, { oauth_token: given.oauth1.token, oauth_token_secret: given.oauth1.secret });
    } else if (path === "/1/members/me" && signed(request, "oauth_token") === given.oauth1.token) {
      json(response, { id: "t4711", username: "canary-account" });
    } else json(response, { message: "unauthorized" }, 401);
  };
  const { url, server } = await serve((request, response) => void (async () => {
    const { pathname, searchParams } = new URL(request.url!, "http://issuer");
    const [, host = "", ...rest] = pathname.split("/");
    const service = host.includes("github") ? "github" : host.includes("spotify") ? "spotify" : "google";
    const path = `/${rest.join("/")}`;
    const bearer = request.headers.authorization?.replace(/^Bearer /, "") ?? "";
    if (host.includes("trello")) trello(request, response, path, searchParams);
    else if (host === "coda.io") {
      if (bearer === given.key) json(response, { name: "Canary", loginId: "canary-account@example.com", workspace: { id: "ws1" } });
      else json(response, { message: "Unauthorized" }, 401);
    } else if (path.includes("auth") && searchParams.has("redirect_uri")) {
      const code = canary(`code-${service}`);
      codes.add(code);
      passed.set(`code of ${service}`, code).set(`state of ${service}`, searchParams.get("state")!);
      scopes.set(service, searchParams.get("scope") ?? "");
      leave(response, searchParams.get("redirect_uri")!, { code, state: searchParams.get("state")! });
    } else if (request.method === "POST" && path.includes("token")) {
      const form = await body(request);
      // Whether an own app is right is asked with a code that nobody has issued.
      if (!codes.has(form.get("code") ?? "")) return json(response, { error: "invalid_grant" }, 400);
      passed.set(`verifier of ${service}`, form.get("code_verifier")!);
      const { access, refresh } = given.oauth2[service];
      const scope = scopes.get(service);
      json(response, { access_token: access, refresh_token: refresh, token_type: "bearer", expires_in: 3600, scope });
    } else if (!Object.values(given.oauth2).some(({ access }) => access === bearer)) {
      json(response, { message: "Bad credentials" }, 401);
    } else if (path === "/user") json(response, { id: 4711, login: "canary-account", name: "Canary" });
    else if (path === "/v1/me") json(response, { id: "canary-account", display_name: "canary-account" });
    else if (path === "/issues") {
      json(response, [{
        id: 1, number: 7, title: "A yellow bird is loose", state: "open", html_url: "https://github.com/a/b/issues/7",
        updated_at: "2026-01-01T00:00:00Z", repository: { full_name: "a/b" },
      }]);
    } else json(response, { items: [], id: "canary-account@example.com", summary: "canary-account@example.com" });
  })());
  return { url, server, passed };
}

/** What the key of our tokens is made of, as its file has it and as numbers; its first lines are the public half. */
function signingKey(): [string, string][] {
  const pem = readFileSync(TOKEN_KEYS.JWT_PRIVATE_KEY_PATH!, "utf8");
  const lines = pem.split("\n").filter((line) => /^[\w+/]{64}$/.test(line));
  const { d, p, q } = createPrivateKey(pem).export({ format: "jwk" });
  const numbers = Object.entries({ d, p, q }).flatMap(([name, number]): [string, string][] => [
    [`${name} of the signing key`, number!.slice(0, 64)],
    [`${name} of the signing key in hexadecimal`, Buffer.from(number!, "base64url").toString("hex").slice(0, 64)],
  ]);
  return [...lines.slice(9, 21).map((line, at): [string, string] => [`line ${at} of the signing key`, line]), ...numbers];
}

/** The whole database as text: as `pg_dump` writes it, or row by row where there is none of the server's version. */
async function dump(url: string): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)("pg_dump", ["--inserts", url], { maxBuffer: 256 * 1024 * 1024 });
    return stdout;
  } catch {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    const tables = await client.query(
      "select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname not in ('pg_catalog', 'information_schema')",
    );
    let text = "";
    for (const { name } of tables.rows) {
      const { rows } = await client.query(`select t::text as line from ${name} t`);
      text += rows.map(({ line }) => line).join("\n");
    }
    await client.end();
    return text;
  }
}

/** The forms in which a value may stand somewhere. Of base64, the part that does not depend on what stands beside it. */
function forms(secret: string): string[] {
  const bytes = Buffer.from(secret);
  const shifted = [0, 1, 2].map((shift) => {
    const text = Buffer.concat([Buffer.alloc(shift), bytes]).toString("base64").replace(/=+$/, "");
    return text.slice(shift === 0 ? 0 : 4, -2);
  });
  // Thirty-two bytes that were drawn and then written as text may be stored as what they were.
  const drawn = /^[\w+/-]{43}=?$/.test(secret) ? [Buffer.from(secret, "base64url").toString("hex")] : [];
  return [
    ...drawn, secret, encodeURIComponent(secret), bytes.toString("hex"), bytes.toString("hex").toUpperCase(),
    ...shifted, ...shifted.map((text) => text.replaceAll("+", "-").replaceAll("/", "_")),
  ];
}

/** Where a secret stands, in any form. A code of six digits counts only where it stands by itself. */
function found(secret: string, texts: Map<string, string>): string[] {
  return [...texts].filter(([, text]) =>
    /^\d{6}$/.test(secret)
      ? new RegExp(`(?:(?<![\\w.])|(?<=\\\\[nrt]))${secret}(?!\\w)`).test(text)
      : forms(secret).some((form) => text.includes(form)),
  ).map(([where]) => where);
}

test("OP-13 Canary secrets stand nowhere: not in the log, not in a page, not in the database", async ({ page }) => {
  const pair = (name: string) => ({ access: canary(`${name}-access`), refresh: canary(`${name}-refresh`) });
  const tokens = { github: pair("github"), google: pair("google"), spotify: pair("spotify") };
  const oauth1 = { token: canary("trello-token"), secret: canary("trello-token-secret") };
  const key = canary("coda-key");
  const ownApp = { id: randomBytes(16).toString("hex"), secret: canary("own-app") };
  const secrets = new Map<string, string>([
    ["client secret of github", canary("github-client")],
    ["client secret of google", canary("google-client")],
    ["client secret of trello", canary("trello-client")],
    ["token of trello", oauth1.token],
    ["token secret of trello", oauth1.secret],
    ["key of coda", key],
    ["client id of an own app", ownApp.id],
    ["client secret of an own app", ownApp.secret],
    ["SPOTIFY_USER_SECRET_KEY", canary("user-secret-of-some-length")],
    ["AUTH_SECRET", canary("auth-secret-of-some-length")],
    ["AURA_KEYS", randomBytes(32).toString("base64")],
    ["the key that comes after", randomBytes(32).toString("base64")],
    ["model key", `sandbox-${canary("model")}`],
  ]);
  for (const [service, { access, refresh }] of Object.entries(tokens)) {
    secrets.set(`access token of ${service}`, access).set(`refresh token of ${service}`, refresh);
  }
  const store = await database();
  const issuer = await issuing({ oauth2: tokens, oauth1, key });
  const issuers = [
    "github.com", "api.github.com", "accounts.google.com", "oauth2.googleapis.com", "www.googleapis.com",
    "trello.com", "api.trello.com", "coda.io", "accounts.spotify.com", "api.spotify.com",
  ];
  const aura = await Aura.on(store.url, {
    RUST_LOG: "trace",
    AUTH_SECRET: secrets.get("AUTH_SECRET"),
    AURA_KEYS: `k1:${secrets.get("AURA_KEYS")}`,
    OPENAI_API_KEY: secrets.get("model key"),
    HOST_OVERRIDES: [...issuers.map((host) => `${host}=${issuer.url}`), `*=${SANDBOX}`].join(","),
    GITHUB_CLIENT_ID: "canary-client", GITHUB_CLIENT_SECRET: secrets.get("client secret of github"),
    GOOGLE_CLIENT_ID: "canary-client", GOOGLE_CLIENT_SECRET: secrets.get("client secret of google"),
    TRELLO_CLIENT_ID: "canary-client", TRELLO_CLIENT_SECRET: secrets.get("client secret of trello"),
    SPOTIFY_USER_SECRET_KEY: secrets.get("SPOTIFY_USER_SECRET_KEY"),
  }, emptyPlace());
  const later = aura.told({ AURA_KEYS: `k2:${secrets.get("the key that comes after")}` });
  try {
    const address = freshAddress("canary");
    await page.goto(`${aura.url}/signin`);
    await ready(page);
    await page.getByLabel("E-mail address").fill(address);
    await page.getByRole("button", { name: "Send code" }).click();
    await page.waitForURL(/\/verify-email/);
    await ready(page);
    const mail = await newestMail(address);
    const link = mail.links.map((link) => new URL(link).searchParams.get("token")).find(Boolean);
    expect(link, "the mail carries a link").toBeTruthy();
    secrets.set("mailed code", mail.code!).set("token of the mailed link", link!);
    for (const cookie of await page.context().cookies(aura.url)) secrets.set(`cookie ${cookie.name}`, cookie.value);
    await page.getByLabel(/code/i).fill(mail.code!);
    await page.getByRole("button", { name: /sign in|verify|continue/i }).first().click();
    await page.waitForURL(/\/chat/);
    const cookies = await page.context().cookies(aura.url);
    for (const cookie of cookies) secrets.set(`cookie ${cookie.name}`, cookie.value);
    expect([...secrets.keys()].filter((name) => name.startsWith("cookie "))).toHaveLength(2);

    for (const service of ["GitHub", "Google Calendar", "Trello"]) {
      await page.goto(`${aura.url}/connections`);
      await page.getByRole("link", { name: `Connect ${service}` }).first().click();
      await page.waitForURL(/\/connections\?connected=/);
    }
    await page.goto(`${aura.url}/connections/add/coda`);
    await hydrated(page);
    await page.getByLabel("API token").fill(key);
    await page.getByRole("button", { name: "Check and connect" }).click();
    await page.waitForURL(/\/connections\?connected=coda/);
    await page.goto(`${aura.url}/connections/apps/spotify`);
    await hydrated(page);
    await page.getByLabel("Client id").fill(ownApp.id);
    await page.getByLabel("Client secret (optional)").fill(ownApp.secret);
    await page.getByRole("button", { name: "Check and keep" }).click();
    await expect(page.getByText("Ready", { exact: true })).toBeVisible();
    await page.getByRole("link", { name: "Connect by this app" }).click();
    await page.waitForURL(/\/connections\?connected=spotify/);
    const pagesOf = page.getByRole("link", { name: /^Details of / });
    await expect(pagesOf).toHaveCount(5);
    await agree(page);
    const connections = await pagesOf.evaluateAll((links) => links.map((link) => link.getAttribute("href")!));
    for (const [name, value] of issuer.passed) secrets.set(name, value);

    // A program signs in, and renews a few times.
    const { first, tokens: given } = await program(aura, store.url);
    const renewed = [given];
    while (renewed.length < 3) {
      const answer = await renew(aura, renewed.at(-1)!.refresh_token);
      expect(answer.status).toBe(200);
      renewed.push(await answer.json() as Tokens);
    }
    secrets.set("refresh token 0", first);
    for (const [at, { refresh_token, access_token }] of renewed.entries()) {
      secrets.set(`refresh token ${at + 1}`, refresh_token);
      secrets.set(`signature of access token ${at + 1}`, access_token.split(".")[2]!);
    }
    const bearer = { authorization: `Bearer ${renewed.at(-1)!.access_token}` };
    const push = canary("push-token");
    secrets.set("push token", push);
    const told = await fetch(`${aura.url}/api/v1/devices/${given.device_id}`, {
      method: "PATCH", headers: { ...bearer, "content-type": "application/json" }, body: JSON.stringify({ push_token: push }),
    });
    expect(told.status).toBe(200);
    for (const [name, value] of signingKey()) secrets.set(name, value);

    // Somebody registers with a password, mistypes it, and signs in with it.
    const [person, password, mistyped] = [freshAddress("canary-password"), canary("password"), canary("mistyped")];
    const post = (path: string, body: object) => fetch(`${aura.url}/api/v1/${path}`, {
      method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body),
    });
    const device = { name: "Mira's phone", platform: "ios" };
    const begun = await post("registrations", { email: person, password });
    expect(begun.status).toBe(202);
    const { verification_id: verification } = await begun.json() as { verification_id: string };
    const letter = await newestMail(person);
    const confirming = letter.links.map((link) => new URL(link).searchParams.get("token")).find(Boolean)!;
    expect((await post(`registrations/${verification}/confirm`, { code: letter.code, device })).status).toBe(200);
    expect((await post("tokens", { email: person, password: mistyped, device })).status).toBe(401);
    expect((await post("tokens", { email: person, password, device })).status).toBe(200);
    secrets.set("password", password).set("mistyped password", mistyped);
    secrets.set("code of the registration", letter.code!).set("token of its link", confirming);
    expect(secrets.size).toBe(19 + 7 + 1 + 18 + 4 + 17);

    await page.goto(`${aura.url}/chat`);
    await hydrated(page);
    await page.getByRole("textbox", { name: /ask|message/i }).fill("What is on my calendar today and which issues are open?");
    const sent = page.waitForResponse((answer) => new URL(answer.url()).searchParams.has("run"));
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/chat\/[0-9a-f-]{36}/);
    const run = new URL((await sent).url()).searchParams.get("run")!.split(":")[0];
    await expect(page.locator(".thread .prose")).toContainText("A yellow bird is loose", { timeout: 20_000 });
    await expect(page.locator(".thread[aria-busy=true]")).toHaveCount(0, { timeout: 20_000 });

    const texts = new Map<string, string>();
    const cookie = cookies.map(({ name, value }) => `${name}=${value}`).join("; ");
    const conversation = new URL(page.url()).pathname;
    const logs = connections.map((path) => `/api${path}/events.json`);
    for (const path of [
      "/", "/signin", "/connections", "/chat", conversation, "/integrations", `/api/chat/runs/${run}/events`,
      "/connections/apps/spotify", "/connections/add/coda", ...connections, ...logs,
    ]) {
      const answer = await fetch(aura.url + path, { headers: { cookie } });
      expect(answer.status, path).toBe(200);
      texts.set(path, await answer.text());
    }
    for (const path of ["/api/v1/sessions", "/api/v1/devices", "/.well-known/jwks.json", "/api/openapi.json"]) {
      const answer = await fetch(aura.url + path, { headers: bearer });
      expect(answer.status, path).toBe(200);
      texts.set(path, await answer.text());
    }
    texts.set("the page as it stands", await page.content());
    texts.set("the database", await dump(store.url));
    await aura.end();
    texts.set("the log", aura.log());

    // The search can find: what is no secret is there, and so would a secret be, in each of its forms.
    expect(found(address, texts)).toContain("the database");
    expect(found("canary-account", texts)).toEqual(expect.arrayContaining(["/connections", "the database"]));
    expect(found("A yellow bird is loose", texts)).toEqual(expect.arrayContaining([conversation, `/api/chat/runs/${run}/events`]));
    expect(texts.get("the log"), "the log was written with everything").toContain('"level":"TRACE"');
    expect(found(aura.url, texts)).toContain("the log");
    for (const secret of secrets.values()) {
      for (const form of /^\d{6}$/.test(secret) ? [secret, `\\n${secret}\\n`] : forms(secret)) {
        expect(found(secret, new Map([["planted", `{"before":"${form}"}`]])), form).toEqual(["planted"]);
      }
    }

    const hits = [...secrets].flatMap(([name, secret]) => found(secret, texts).map((where) => `${name} in ${where}`));
    expect(hits).toEqual([]);

    // All of it is sealed anew with another key, and opens with that one alone.
    const both = aura.told({ AURA_KEYS: `k2:${secrets.get("the key that comes after")},k1:${secrets.get("AURA_KEYS")}` });
    const rotated = await both.command("keys", "rotate");
    expect(rotated.code, rotated.text.slice(-2000)).toBe(0);
    const standing = [...rotated.text.matchAll(/^(\w+\.sealed\w*) +(\S+) +\d+ +(.+)$/gm)];
    for (const column of ["access_token", "refresh_token", "fields"]) {
      expect(standing.map(([, name]) => name)).toContain(`connections.sealed_${column}`);
    }
    expect(standing.filter(([, name, sealedBy]) => !name!.startsWith("own_apps.") && sealedBy !== "k2")).toEqual([]);
    for (const [name, secret] of secrets) expect(found(secret, new Map([["the rotation", rotated.text]])), name).toEqual([]);
    await later.start();
    await page.goto(aura.url + conversation);
    await hydrated(page);
    await page.getByRole("textbox", { name: /ask|message/i }).fill("Which issues are open?");
    await page.keyboard.press("Enter");
    await expect(page.locator(".thread .prose")).toHaveCount(2, { timeout: 20_000 });
    await expect(page.locator(".thread .prose").last()).toContainText("A yellow bird is loose", { timeout: 20_000 });
    await page.goto(`${aura.url}/connections/apps/spotify`);
    await hydrated(page);
    await page.getByRole("button", { name: "Check again" }).click();
    await expect(page.getByText("Ready", { exact: true })).toBeVisible();
    await page.goto("about:blank");
  } finally {
    await aura.end();
    await later.end();
    issuer.server.close();
    await store.drop();
  }
});
