import type { Page } from "@playwright/test";

import { connect, expect, hydrated, SANDBOX, signIn, SOME_VARIANTS, test, violations } from "./support";
import { Aura, database, serve } from "./process";

test.setTimeout(420_000);

/** Passes axe in its variants, and holds nothing that is cut off, or too small for a finger on a phone. */
async function fine(page: Page, what: string): Promise<void> {
  for (const { width, colorScheme } of SOME_VARIANTS) {
    await page.setViewportSize({ width, height: 900 });
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    expect(await violations(page), `${what} at ${width} px in ${colorScheme}`).toEqual([]);
    const wider = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    expect(wider, `${what} is cut off at ${width} px`).toBeLessThanOrEqual(0);
    const outside = await page.locator(".button:visible").evaluateAll((buttons) => buttons.filter((button) =>
      button.getBoundingClientRect().right > window.innerWidth).map((button) => button.textContent));
    expect(outside, `${what}: outside of the window`).toEqual([]);
    if (width !== 390) continue;
    const small = await page.locator(".button:visible, .input:visible, .chip:visible, .check:visible").evaluateAll((controls) => controls.filter((control) => {
      // What draws less than 44 px catches them with an invisible edge.
      const edge = getComputedStyle(control, "::after");
      const caught = edge.position === "absolute" ? Number.parseFloat(edge.height) || 0 : 0;
      return Math.max(control.getBoundingClientRect().height, caught) < 44;
    }).map((control) => control.outerHTML.slice(0, 120)));
    expect(small, `${what}: too small for a finger`).toEqual([]);
  }
}

/** A question that makes Aura read through what is connected. */
async function ask(page: Page, question: string): Promise<void> {
  await page.goto("/chat");
  await hydrated(page);
  await page.getByRole("textbox", { name: /ask|message/i }).fill(question);
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/chat\/[0-9a-f-]{36}/);
  await expect(page.locator(".thread")).toBeVisible();
  await expect(page.locator(".thread[aria-busy=true]")).toHaveCount(0, { timeout: 30_000 });
}

test("PG-4 The list of connections and the page of one look right in every state of a connection", async ({ page, consoleErrors }) => {
  await signIn(page, "hub-states");
  await page.goto("/connections");
  await hydrated(page);
  await fine(page, "nothing is connected");
  await connect(page, "GitHub");
  await hydrated(page);
  await fine(page, "one is connected");
  const details = (await page.getByRole("link", { name: /^Details of GitHub/ }).first().getAttribute("href"))!;
  await ask(page, "Which issues are open?");
  await page.goto(details);
  await hydrated(page);
  await expect(page.getByText("It works.")).toBeVisible();
  await fine(page, "a connection that works");
  await page.getByRole("button", { name: "Keep it from the model" }).click();
  await expect(page.getByRole("button", { name: "Let the model see it" })).toBeVisible();
  await fine(page, "a connection that is kept from models");
  await page.getByRole("button", { name: "Disconnect GitHub" }).click();
  await expect(page.locator("dialog[open]")).toBeVisible();
  await fine(page, "the question before disconnecting");
  await page.keyboard.press("Escape");
  await page.goto("/connections?cancelled=slack");
  await hydrated(page);
  await fine(page, "a consent that was declined");
  await page.goto("/connections/0192f0c1-0000-7000-8000-000000000000");
  await hydrated(page);
  await fine(page, "a connection that is not there");
  consoleErrors.splice(0, consoleErrors.length);

  // What its person has withdrawn at the service.
  const withdrawn = await fetch(`${SANDBOX}/_sandbox/revoke`, {
    method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ service: "github" }),
  });
  expect(withdrawn.ok).toBe(true);
  await ask(page, "Which issues are open?");
  await page.goto(details);
  await hydrated(page);
  await expect(page.getByRole("link", { name: "Sign in again" })).toBeVisible();
  await fine(page, "a connection that needs its person");
  await page.goto("/connections");
  await hydrated(page);
  await expect(page.getByRole("heading", { name: "Needs attention" })).toBeVisible();
  await fine(page, "a list with a connection that needs its person");
  await page.getByRole("button", { name: /^Disconnect/ }).click();
  await page.locator("dialog[open]").getByRole("button", { name: "Disconnect GitHub" }).click();
  await page.waitForURL(/\/connections\?disconnected=github/);
  await hydrated(page);
  await fine(page, "after disconnecting");
});

test("PG-5 The forms for keys and for own apps look right in every state", async ({ page, consoleErrors }) => {
  await signIn(page, "hub-forms");
  await page.goto("/connections/add/freshdesk");
  await hydrated(page);
  await fine(page, "the form for a key");
  await page.getByLabel("Freshdesk subdomain").fill("northbeam");
  await page.getByLabel("API key").fill("no-key-of-theirs");
  await page.getByRole("button", { name: "Check and connect" }).click();
  await expect(page.getByText("Freshdesk does not accept this key")).toBeVisible();
  await fine(page, "a key that is refused");
  await page.getByLabel("API key").fill("sandbox-freshdesk-key");
  await page.getByRole("button", { name: "Check and connect" }).click();
  await page.waitForURL(/\/connections\?connected=freshdesk/);
  await page.getByRole("link", { name: /^Details of Freshdesk/ }).click();
  await page.waitForURL(/\/connections\/[0-9a-f-]{36}$/);
  await expect(page.getByText("It works.")).toBeVisible();
  await fine(page, "a connection by key");
  for (const service of ["telegram", "signal", "bill-com", "nothing"]) {
    await page.goto(`/connections/add/${service}`);
    await hydrated(page);
    await fine(page, `the form of ${service}`);
  }

  await page.goto("/connections/apps/spotify");
  await hydrated(page);
  const give = async (id: string, secret: string, then: RegExp, what: string) => {
    await page.getByLabel("Client id").fill(id);
    await page.getByLabel("Client secret (optional)").fill(secret);
    await page.getByRole("button", { name: "Check and keep" }).click();
    await expect(page.getByText(then).first()).toBeVisible();
    await fine(page, what);
  };
  await give("0000000000000000000000000000a001", "not-its-secret", /the secret is not its own/, "an app that is refused");
  await give("0000000000000000000000000000a003", "own-app-secret", /Add exactly this one/, "an app that has to be mended");
  await give("0000000000000000000000000000a001", "own-app-secret", /^Ready$/, "an app that is ready");
  await page.getByRole("link", { name: "Connect by this app" }).click();
  await page.getByRole("button", { name: "Allow", exact: true }).click();
  await page.waitForURL(/\/connections\?connected=spotify/);
  await page.getByRole("link", { name: /^Details of Spotify/ }).click();
  await page.waitForURL(/\/connections\/[0-9a-f-]{36}$/);
  await expect(page.getByText("Your own app")).toBeVisible();
  await fine(page, "a connection by an own app");
  await page.goto("/connections/apps/spotify");
  await hydrated(page);
  await page.getByRole("button", { name: "Remove", exact: true }).click();
  await expect(page.locator("dialog[open]")).toBeVisible();
  await fine(page, "the question before an app is removed");
  // A browser reports refusals as errors of its own.
  const refusals = consoleErrors.splice(0, consoleErrors.length);
  expect(refusals.filter((error) => !/status of (404|422)/.test(error))).toEqual([]);
});

test("PG-6 The page of direct mode and a way back that failed look right", async ({ page, consoleErrors }) => {
  const store = await database();
  // Whose account it is, told to a browser as well, as the service's own API does.
  const api = await serve((_, response) => {
    response.writeHead(200, {
      "content-type": "application/json", "access-control-allow-origin": "*", "access-control-allow-headers": "authorization, x-forwarded-for",
    });
    response.end(JSON.stringify({ id: "mira", display_name: "Mira Okafor" }));
  });
  const aura = await Aura.on(store.url, {
    HOST_OVERRIDES: `api.spotify.com=${api.url},*=${SANDBOX}`, TOKEN_BROKER_DIRECT: "on", FRONTEND_URL: "http://127.0.0.1:5173",
    SPOTIFY_CLIENT_ID: "sandbox-spotify", SPOTIFY_CLIENT_SECRET: "sandbox-secret",
  });
  try {
    await signIn(page, "hub-direct", { at: aura.url });
    await connect(page, "Spotify", aura.url);
    await page.goto(`${aura.url}/connections/direct/spotify`);
    await fine(page, "direct mode that is off");
    await page.getByRole("button", { name: "Turn it on" }).click();
    await expect(page.getByRole("button", { name: "Turn it off" })).toBeVisible();
    await fine(page, "direct mode that is on");
    await page.getByRole("button", { name: "Ask Spotify from this page" }).click();
    await expect(page.getByText("Spotify told this browser itself: you are Mira Okafor.")).toBeVisible();
    await fine(page, "direct mode that was used");
    await page.goto(`${aura.url}/api/integrations/spotify/callback?code=x&state=y`);
    await fine(page, "a return that nobody has begun here");
    consoleErrors.splice(0, consoleErrors.length);
    await page.goto("about:blank");
  } finally {
    await aura.end();
    api.server.close();
    await store.drop();
  }
});
