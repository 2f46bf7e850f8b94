import { expect, test } from "./support";
import { emulated } from "./interop/emulate";
import { mockServer } from "./interop/mock-server";
import { nodeOauth } from "./interop/node-oauth";
import * as providerMock from "./interop/provider-mock";
import { Stage, type Came } from "./interop/stage";
import { walk } from "./interop/walk";

// The pages of these programs have errors of their own; only ours must be silent.
test.use({ consoleErrors: [async ({}, use) => { await use([]); }, { auto: true }] as never });
test.setTimeout(120_000);

const CLIENT = { id: "aura-client", secret: "judge-secret-of-enough-length" };

test("OA-21 A connection lives its whole life against @node-oauth/oauth2-server, with the client's proof in the body", async ({ page }) => {
  let program!: ReturnType<typeof nodeOauth>;
  const stage = await Stage.set(["gitlab.com"], async ({ aura }) => {
    const redirect = `${aura}/api/integrations/gitlab/callback`;
    const paths = { authorize: "/oauth/authorize", token: "/oauth/token", revoke: "/oauth/revoke" };
    program = nodeOauth({ ...CLIENT, redirect }, paths, "judged");
    const api = async ({ path, bearer }: Came) => {
      if (!path.startsWith("/api/v4/")) return undefined;
      const login = program.whose(bearer);
      if (!login) return null;
      return path === "/api/v4/user" ? { id: 4711, username: login } : [{ title: "The tide table is off by an hour", web_url: "https://gitlab.com/a/b/-/issues/1" }];
    };
    return { program: { ...program, api }, client: { GITLAB_CLIENT_ID: CLIENT.id, GITLAB_CLIENT_SECRET: CLIENT.secret } };
  });
  try {
    const said = await walk(page, stage, {
      id: "gitlab", service: "GitLab", account: "judged",
      allow: (page) => page.getByRole("button", { name: "Allow" }).click(),
      question: "Which GitLab issues are assigned to me?", found: "tide table",
      token: "POST gitlab.com/oauth/token", renews: true, withdraw: program.withdraw,
    });
    expect(said).toContain("Aura's access was revoked there");
    expect(program.living(), "nothing that was granted lives on").toBe(0);
  } finally {
    await stage.end();
  }
});

test("OA-22 A connection lives its whole life against oauth2-mock-server", async ({ page }) => {
  let program!: Awaited<ReturnType<typeof mockServer>>;
  const stage = await Stage.set(["app.asana.com"], async ({ front }) => {
    const paths = { authorize: "/-/oauth_authorize", token: "/-/oauth_token", revoke: "/-/oauth_revoke" };
    program = await mockServer(front, "users:read workspaces:read projects:read tasks:read", paths);
    const api = async ({ path, bearer }: Came) => {
      if (!path.startsWith("/api/1.0/")) return undefined;
      const name = await program.whose(bearer);
      if (!name) return null;
      if (path === "/api/1.0/users/me") return { data: { gid: "12001", name } };
      if (path === "/api/1.0/workspaces") return { data: [{ gid: "77", name: "Harbour" }] };
      return { data: [{ gid: "9001", name: "Paint the pier", permalink_url: "https://app.asana.com/0/1/9001" }], next_page: null };
    };
    return { program: { ...program, api }, client: { ASANA_CLIENT_ID: CLIENT.id, ASANA_CLIENT_SECRET: CLIENT.secret } };
  });
  try {
    const said = await walk(page, stage, {
      id: "asana", service: "Asana", account: "johndoe",
      allow: async () => {},
      question: "What are my tasks in Asana?", found: "Paint the pier",
      // It says `invalid_request` of a code that it does not know (`tokenHandler` in its src/lib/oauth2-service.ts).
      token: "POST app.asana.com/-/oauth_token", refused: "exchange_refused", renews: true, withdraw: program.withdraw,
    });
    expect(said).toContain("Aura's access was revoked there");
    expect(program.revocations(), "the refresh token, then the access token").toBe(2);
  } finally {
    await stage.end();
  }
});

test("OA-23 A connection lives its whole life against oidc-provider-mock, with the client's proof in a header", async ({ page }) => {
  test.skip(!providerMock.installed(), "not run: oidc-provider-mock (`scripts/setup judges` installs it)");
  const account = "tide@harbour.example";
  let program!: Awaited<ReturnType<typeof providerMock.providerMock>>;
  const stage = await Stage.set(["accounts.spotify.com", "api.spotify.com"], async ({ aura }) => {
    const paths = { authorize: "/authorize", token: "/api/token" };
    program = await providerMock.providerMock(`${aura}/api/integrations/spotify/callback`, paths);
    const api = async ({ host, path, bearer }: Came) => {
      if (host !== "api.spotify.com") return undefined;
      const sub = await program.whose(bearer);
      if (!sub) return null;
      return path === "/v1/me" ? { id: sub } : { items: [{ track: { name: "Harbour lights", artists: [{ name: "The Buoys" }] } }] };
    };
    const { client_id, client_secret } = program.client;
    return { program: { ...program, api }, client: { SPOTIFY_CLIENT_ID: client_id, SPOTIFY_CLIENT_SECRET: client_secret } };
  });
  try {
    const said = await walk(page, stage, {
      id: "spotify", service: "Spotify", account,
      allow: async (page) => {
        await page.locator("input[name=sub]").fill(account);
        await page.getByRole("button", { name: "Authorize" }).click();
      },
      question: "What did I play last?", found: "Harbour lights",
      token: "POST accounts.spotify.com/api/token", renews: true, withdraw: () => program.withdraw(account),
    });
    // Neither it nor Spotify has a call that ends access.
    expect(said).toContain("offers no way to revoke access");
  } finally {
    await stage.end();
  }
});
