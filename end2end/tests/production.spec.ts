import { randomBytes } from "node:crypto";
import { expect, test } from "@playwright/test";
import { Aura, command, database, emptyPlace, freePort, TOKEN_KEYS } from "./process";

/** What an operator would set, for a service that people reach at https://aura.example.com. */
async function production(databaseUrl: string): Promise<NodeJS.ProcessEnv> {
  const port = String(await freePort());
  return {
    AURA_ENV: "production",
    AUTH_URL: "https://aura.example.com",
    AUTH_SECRET: randomBytes(48).toString("base64"),
    AURA_KEYS: `k1:${randomBytes(32).toString("base64")}`,
    ...TOKEN_KEYS,
    DATABASE_URL: databaseUrl,
    SMTP_HOST: "localhost",
    SMTP_PORT: process.env.SANDBOX_SMTP_PORT ?? "1025",
    FROM_EMAIL: "Aura <hello@aura.example.com>",
    GITHUB_CLIENT_ID: "Ov23liProductionClient",
    GITHUB_CLIENT_SECRET: randomBytes(20).toString("hex"),
    PORT: port,
    METRICS_PORT: String(await freePort()),
    LEPTOS_SITE_ADDR: `127.0.0.1:${port}`,
  };
}

for (const [title, mode] of [
  ["OP-11 The same program starts in production, answers, and says which services are not set up", "production"],
  ["Without a mode the program runs as in production", ""],
] as const) {
  test(title, async ({ page }) => {
    const store = await database();
    let aura: Aura | undefined;
    try {
      const environment = { ...await production(store.url), AURA_ENV: mode };
      const migrated = await command("migrate", environment);
      expect(migrated.code, migrated.text).toBe(0);

      const { PORT: port } = environment;
      aura = new Aura(`http://127.0.0.1:${port}`, { PATH: process.env.PATH, ...environment }, emptyPlace());
      await aura.start();
      for (const path of ["/healthz", "/readyz"]) {
        expect((await fetch(aura.url + path)).status, path).toBe(200);
      }
      for (const path of ["/", "/pricing", "/integrations", "/signin"]) {
        const answer = await fetch(aura.url + path);
        expect(answer.status, path).toBe(200);
        expect(answer.headers.get("strict-transport-security"), path).toMatch(/max-age=\d{7,}/);
      }

      // The page and the log both tell what is off, and what is on is not among it.
      await page.goto(`${aura.url}/integrations`);
      const card = (name: string) => page.locator(".catalogue li").filter({ has: page.getByText(name, { exact: true }) });
      await expect(card("GitHub")).toContainText("Can be connected");
      for (const name of ["Google Calendar", "Slack", "Spotify", "Linear"]) {
        await expect(card(name)).toContainText("Not set up here");
        expect(aura.log()).toContain(`off: ${name}`);
      }
      expect(aura.log()).not.toContain("off: GitHub");
      expect(aura.log()).toContain('"environment":"production"');
    } finally {
      await aura?.end();
      await store.drop();
    }
  });
}

test("Production refuses to start with hosts overridden, whether or not the mode is named", async () => {
  const environment = await production("postgres://127.0.0.1:1/nobody");
  for (const AURA_ENV of ["production", "staging", ""]) {
    const { code, text } = await command("serve", {
      ...environment, AURA_ENV, HOST_OVERRIDES: "*=http://localhost:4010",
    });
    expect(code, text).toBe(2);
    expect(text).toContain("HOST_OVERRIDES");
  }
});

test("OP-12 A database that was not migrated is not served, and the message says what to run", async () => {
  const store = await database();
  try {
    const { code, text } = await command("serve", await production(store.url));
    expect(code, text).toBe(1);
    expect(text).toContain("aura migrate");
  } finally {
    await store.drop();
  }
});

test("Everything that is wrong with a production configuration stands in one message", async () => {
  const { code, text } = await command("serve", {
    ...await production("postgres://127.0.0.1:1/nobody"),
    AUTH_SECRET: "too-short", AURA_KEYS: "", AUTH_URL: "http://aura.example.com",
  });
  expect(code, text).toBe(2);
  for (const said of [/AUTH_SECRET: is shorter than 32 bytes/, /AURA_KEYS: is not set/, /AUTH_URL: must begin with https/]) {
    expect(text).toMatch(said);
  }
  expect(text).not.toContain("too-short");
});

test("TK-23 Without a pair of keys for tokens the program does not start, and says which file it is", async () => {
  const environment = await production("postgres://127.0.0.1:1/nobody");
  const cases: [NodeJS.ProcessEnv, string][] = [
    [{ JWT_PRIVATE_KEY_PATH: "/no/such/place/private.pem" }, "/no/such/place/private.pem"],
    [{ JWT_PUBLIC_KEY_PATH: "/no/such/place/public.pem" }, "/no/such/place/public.pem"],
    [{ JWT_PRIVATE_KEY_PATH: environment.JWT_PUBLIC_KEY_PATH }, environment.JWT_PUBLIC_KEY_PATH!],
    [{ JWT_PRIVATE_KEY_PATH: "", JWT_PUBLIC_KEY_PATH: "" }, "JWT_PUBLIC_KEY_PATH: is not set"],
    [{ JWT_SECRET: "canary-of-a-shared-secret" }, "JWT_PRIVATE_KEY_PATH"],
  ];
  for (const mode of ["production", "development"]) {
    for (const [changes, said] of cases) {
      if (mode === "development" && "JWT_SECRET" in changes) continue;
      const { code, text } = await command("serve", { ...environment, AURA_ENV: mode, ...changes });
      expect(code, text).toBe(2);
      expect(text).toContain(said);
      expect(text).not.toContain("canary-of-a-shared-secret");
    }
  }
});
