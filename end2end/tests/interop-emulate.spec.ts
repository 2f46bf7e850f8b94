import { expect, test } from "./support";
import { emulated } from "./interop/emulate";
import { Stage, type Came } from "./interop/stage";
import { walk } from "./interop/walk";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Page } from "@playwright/test";

// `emulate` plays whole services: its consent pages, token endpoints and APIs are its own, at the vendors' paths. Where it
// lacks a path that Aura needs, that is said below, and what stands in for it.

// The pages of this program have errors of their own; only ours must be silent.
test.use({ consoleErrors: [async ({}, use) => { await use([]); }, { auto: true }] as never });
test.setTimeout(120_000);

const CLIENT = { client_id: "aura-client", client_secret: "judge-secret-of-enough-length", name: "Aura" };
type Emulated = Awaited<ReturnType<typeof emulated>>;

const client = (prefix: string) => ({ [`${prefix}_CLIENT_ID`]: CLIENT.client_id, [`${prefix}_CLIENT_SECRET`]: CLIENT.client_secret });
/** The token whose grant this request ends at GitHub; none where it lacks what GitHub asks for. */
async function ended(request: IncomingMessage): Promise<string | null> {
  let body = "";
  for await (const chunk of request) body += chunk;
  const proof = Buffer.from(`${CLIENT.client_id}:${CLIENT.client_secret}`).toString("base64");
  const proved = request.headers.authorization === `Basic ${proof}` && request.url === `/applications/${CLIENT.client_id}/grant`;
  return proved ? JSON.parse(body).access_token : null;
}

const as = (account: string) => (page: Page) => page.getByRole("button", { name: account }).click();
const REVOKED = "Aura's access was revoked there";

test("OA-24 GitHub as emulate plays it is connected, read, ended and connected again", async ({ page }) => {
  let program!: Emulated;
  // It knows no call that ends a grant, and takes every token that it does not know for its first user's (`authMiddleware`
  // of its core), so that an end is told here.
  const dead = new Set<string>();
  const stage = await Stage.set(["github.com", "api.github.com"], async ({ aura }) => {
    program = await emulated("github", {
      users: [{ login: "octocat", name: "The Octocat", email: "octocat@github.com" }],
      repos: [{ owner: "octocat", name: "tide-tables", description: "When the water comes", auto_init: true }],
      oauth_apps: [{ ...CLIENT, redirect_uris: [`${aura}/api/integrations/github/callback`] }],
    });
    const listen = (request: IncomingMessage, response: ServerResponse) => {
      if (request.method !== "DELETE") return program.listen(request, response);
      void ended(request).then((token) => {
        if (token) dead.add(token);
        response.writeHead(token ? 204 : 401).end();
      });
    };
    const api = async ({ host, bearer }: Came) => (host === "api.github.com" && dead.has(bearer) ? null : undefined);
    return { program: { ...program, listen, api }, client: client("GITHUB") };
  });
  try {
    const said = await walk(page, stage, {
      id: "github", service: "GitHub", account: "octocat", allow: as("octocat"),
      question: "Which of my repositories changed last?", found: "octocat/tide-tables",
      token: "POST github.com/login/oauth/access_token", renews: false,
      withdraw: async () => { dead.add(program.last().access); },
    });
    expect(said).toContain(REVOKED);
    expect(dead.has(program.last().access), "the grant is ended, with the client's proof").toBe(true);
  } finally {
    await stage.end();
  }
});

test("OA-25 Google Calendar as emulate plays it is connected, read, renewed, ended and connected again", async ({ page }) => {
  let program!: Emulated;
  const account = "tide@harbour.example";
  const stage = await Stage.set(["accounts.google.com", "oauth2.googleapis.com", "www.googleapis.com"], async ({ aura }) => {
    const [from, to] = [new Date(), new Date(Date.now() + 60_000)].map((moment) => moment.toISOString());
    program = await emulated("google", {
      users: [{ email: account, name: "Harbour" }],
      oauth_clients: [{ ...CLIENT, redirect_uris: [`${aura}/api/integrations/google-calendar/callback`] }],
      calendars: [{ id: "primary", user_email: account, summary: account, primary: true, selected: true, time_zone: "UTC" }],
      calendar_events: [{ id: "evt1", user_email: account, calendar_id: "primary", summary: "Paint the pier", start_date_time: from, end_date_time: to }],
      // Google has these at oauth2.googleapis.com, without the folder.
    }, { "/token": "/oauth2/token", "/revoke": "/oauth2/revoke" });
    // It has the list of calendars, and not the one entry of it (calendarList.get) that tells whose it is.
    const api = async ({ path, bearer }: Came) => {
      if (path !== "/calendar/v3/users/me/calendarList/primary") return undefined;
      const list = await program.get("/calendar/v3/users/me/calendarList", bearer);
      return list && { ...list.items.find((item: any) => item.primary), id: account };
    };
    return { program: { ...program, api }, client: client("GOOGLE") };
  });
  try {
    const said = await walk(page, stage, {
      id: "google-calendar", service: "Google Calendar", account, allow: as(account),
      question: "What is on my calendar today?", found: "Paint the pier",
      token: "POST oauth2.googleapis.com/token", renews: true,
      withdraw: async () => { await program.post("/oauth2/revoke", { token: program.last().refresh }); },
    });
    expect(said).toContain(REVOKED);
    const again = await program.post("/oauth2/token", {
      grant_type: "refresh_token", refresh_token: program.last().refresh, client_id: CLIENT.client_id, client_secret: CLIENT.client_secret,
    });
    expect(await again.json(), "the refresh token is dead").toMatchObject({ error: "invalid_grant" });
  } finally {
    await stage.end();
  }
});

test("OA-26 Slack as emulate plays it is connected, read, ended and connected again", async ({ page }) => {
  let program!: Emulated;
  const dead = new Set<string>();
  const stage = await Stage.set(["slack.com"], async ({ aura }) => {
    program = await emulated("slack", {
      team: { name: "Harbour", domain: "harbour" },
      users: [{ name: "tide", real_name: "Tide", email: "tide@harbour.example" }],
      channels: [{ name: "general", topic: "All" }],
      oauth_apps: [{ ...CLIENT, redirect_uris: [`${aura}/api/integrations/slack/callback`] }],
    });
    const listen = (request: IncomingMessage, response: ServerResponse) => {
      // Slack takes both methods where something is read (https://docs.slack.dev/apis/web-api), this program only POST.
      const [path, query] = request.url!.split("?");
      if (request.method !== "GET" || !path.startsWith("/api/")) return program.listen(request, response);
      const { authorization } = request.headers;
      void program.post(path, Object.fromEntries(new URLSearchParams(query)), { authorization: authorization! }).then(async (answer) => {
        response.writeHead(answer.status, { "content-type": "application/json" }).end(await answer.text());
      });
    };
    // It ends no token: what Slack says of one that is ended is said for it.
    const api = async ({ bearer }: Came) => (dead.has(bearer) ? { ok: false, error: "token_revoked" } : undefined);
    return { program: { ...program, listen, api }, client: client("SLACK") };
  });
  try {
    const said = await walk(page, stage, {
      id: "slack", service: "Slack", account: "tide, Harbour",
      allow: async (page) => {
        await as("tide")(page);
        await page.waitForURL(/connected=/);
        const channels = await (await program.post("/api/conversations.list", {}, { authorization: `Bearer ${program.last().access}` })).json();
        const { id } = channels.channels.find((channel: any) => channel.name === "general");
        await program.post("/api/chat.postMessage", { channel: id, text: "The pier is wet" }, { authorization: `Bearer ${program.last().access}` });
      },
      question: "What is unread in #general?", found: "The pier is wet",
      token: "POST slack.com/api/oauth.v2.access", renews: false,
      withdraw: async () => { dead.add(program.last().access); },
    });
    // It has no `auth.revoke`: Aura asks, gets no answer of Slack's, and says so.
    expect(said).toContain("did not confirm that access was revoked");
    expect(stage.count("POST slack.com/api/auth.revoke")).toBe(1);
  } finally {
    await stage.end();
  }
});

test("OA-27 Linear as emulate plays it is connected, read, renewed with rotation, ended and connected again", async ({ page }) => {
  let program!: Emulated;
  const account = "tide@harbour.example";
  const stage = await Stage.set(["linear.app", "api.linear.app"], async ({ aura }) => {
    program = await emulated("linear", {
      organization: { name: "Harbour", url_key: "harbour" },
      users: [{ email: account, name: "Tide", admin: true }],
      teams: [{ key: "PIER", name: "Pier", states: [{ name: "Todo", type: "unstarted" }] }],
      oauth_apps: [{ ...CLIENT, redirect_uris: [`${aura}/api/integrations/linear/callback`], scopes: ["read", "write"] }],
      strict_scopes: true,
    });
    return { program, client: client("LINEAR") };
  });
  try {
    const said = await walk(page, stage, {
      id: "linear", service: "Linear", account, allow: as(account),
      // `User.assignedIssues` takes no filter here; Linear's does, in the schema that the tool names.
      question: "Which Linear teams are there?", found: "Pier",
      token: "POST api.linear.app/oauth/token", renews: true,
      withdraw: async () => { await program.post("/oauth/revoke", { token: program.last().refresh }); },
    });
    expect(said).toContain(REVOKED);
    const again = await program.post("/oauth/token", {
      grant_type: "refresh_token", refresh_token: program.last().refresh, client_id: CLIENT.client_id, client_secret: CLIENT.client_secret,
    });
    expect(await again.json(), "the refresh token is dead").toMatchObject({ error: "invalid_grant" });
  } finally {
    await stage.end();
  }
});

test("OA-28 Outlook as emulate plays it is connected, renewed with rotation, ended and connected again", async ({ page }) => {
  let program!: Emulated;
  const account = "tide@outlook.com";
  const stage = await Stage.set(["login.microsoftonline.com", "graph.microsoft.com"], async ({ aura }) => {
    program = await emulated("microsoft", {
      users: [{ email: account, name: "Tide" }],
      oauth_clients: [{ ...CLIENT, redirect_uris: [`${aura}/api/integrations/outlook/callback`] }],
      // Its endpoints stand under no tenant.
    }, { "/common/oauth2/v2.0/authorize": "/oauth2/v2.0/authorize", "/common/oauth2/v2.0/token": "/oauth2/v2.0/token" });
    // Of Microsoft Graph it has the profile alone; the calendar opens to whom it knows.
    const api = async ({ path, bearer }: Came) => {
      if (path !== "/v1.0/me/calendar/calendarView") return undefined;
      const known = await program.get("/v1.0/me", bearer);
      const at = { dateTime: new Date().toISOString().slice(0, 19), timeZone: "UTC" };
      return known && { value: [{ id: "1", subject: "Paint the pier", start: at, end: at }] };
    };
    return { program: { ...program, api }, client: client("OUTLOOK") };
  });
  try {
    const said = await walk(page, stage, {
      id: "outlook", service: "Outlook", account, allow: as(account),
      question: "What is on my Outlook calendar today?", found: "Paint the pier",
      token: "POST login.microsoftonline.com/common/oauth2/v2.0/token", renews: true,
      withdraw: async () => { await program.post("/oauth2/v2.0/revoke", { token: program.last().refresh }); },
    });
    expect(said).toContain("offers no way to revoke access");
  } finally {
    await stage.end();
  }
});
