import type { Page } from "@playwright/test";
import { expect, hydrated, signIn } from "../support";
import type { Stage } from "./stage";

/** How one service is walked through. */
export interface Part {
  /** In the catalogue. */
  id: string;
  service: string;
  /** Allows on the program's own page. */
  allow: (page: Page) => Promise<void>;
  /** What Aura knows the account by. */
  account: string;
  /** What a tool of the service answers, and a word of its answer. */
  question: string;
  found: string;
  /** The token endpoint, as `Stage.asked` names it. */
  token: string;
  /** What Aura says of a code that the program never gave. RFC 6749, section 5.2 has `invalid_grant` for it. */
  refused?: string;
  /** Whether a renewal brings another refresh token. */
  renews: boolean;
  /** Ends at the program what the account has granted. */
  withdraw: () => Promise<void>;
}

/** Goes through the consent page and comes back; the code that came. */
export async function consent(page: Page, stage: Stage, part: Part, link: string): Promise<string> {
  let code = "";
  const heard = (request: { url(): string }) => {
    const url = new URL(request.url());
    if (url.pathname === `/api/integrations/${part.id}/callback`) code = url.searchParams.get("code") ?? "";
  };
  page.on("request", heard);
  await page.goto(`${stage.aura.url}/connections`);
  await page.getByRole("link", { name: `${link} ${part.service}` }).first().click();
  await part.allow(page);
  await page.waitForURL(/\/connections(\/[0-9a-f-]{36})?\?connected=/);
  page.off("request", heard);
  return code;
}

/** The code of the refusal that a visit ends with when this comes back from the consent page. */
async function refusal(page: Page, stage: Stage, part: Part, code: string): Promise<string> {
  const own = { "sec-fetch-site": "same-origin", accept: "application/json" };
  const left = await page.request.get(`${stage.aura.url}/api/integrations/${part.id}`, { headers: own, maxRedirects: 0 });
  const state = new URL(left.headers().location).searchParams.get("state")!;
  const query = new URLSearchParams({ code, state });
  const answer = await page.request.get(`${stage.aura.url}/api/integrations/${part.id}/callback?${query}`, {
    headers: own, maxRedirects: 0,
  });
  return (await answer.json()).code;
}

/** Asks what only the service knows; the text of the answer's card. */
export async function question(page: Page, stage: Stage, part: Part): Promise<string> {
  await page.goto(`${stage.aura.url}/chat`);
  await hydrated(page);
  await page.getByRole("textbox", { name: /ask|message/i }).fill(part.question);
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/chat\/[0-9a-f-]{36}/);
  await expect(page.locator(".read.step.done, .read.step.failed")).toHaveCount(1, { timeout: 20_000 });
  await expect(page.locator(".thread[aria-busy=true]")).toHaveCount(0, { timeout: 20_000 });
  return await page.locator(".thread").innerText();
}

/** Ends the connection on the page; what the page says of it. */
export async function disconnect(page: Page, stage: Stage): Promise<string> {
  await page.goto(`${stage.aura.url}/connections`);
  await hydrated(page);
  await page.getByRole("button", { name: /^Disconnect/ }).first().click();
  const dialog = page.locator("dialog[open], [popover]:popover-open").first();
  await dialog.getByRole("button", { name: /disconnect/i }).click();
  await page.waitForURL(/disconnected=/);
  expect(await stage.rows()).toBe(0);
  return await page.getByRole("main").innerText();
}

/**
 * The whole life of a connection: consent, identity, use, codes that are wrong or used, renewal, an end at the service,
 * a second consent under the same id, and the end here.
 */
export async function walk(page: Page, stage: Stage, part: Part): Promise<string> {
  await signIn(page, "interop", { at: stage.aura.url });
  const used = await consent(page, stage, part, "Connect");
  await expect(page.getByText(part.account).first()).toBeVisible();
  const first = await stage.row();
  expect(first).toMatchObject({ state: "active", reason: null });
  expect(await question(page, stage, part)).toContain(part.found);

  // What the program never gave, and what it gave once already, connects nothing and harms nothing.
  const refused = part.refused ?? "code_refused";
  expect(await refusal(page, stage, part, "never-given")).toBe(refused);
  expect(await refusal(page, stage, part, used)).toBe(refused);
  expect(await stage.row()).toEqual(first);

  let traded = stage.count(part.token);
  if (part.renews) {
    await stage.expire();
    expect(await question(page, stage, part)).toContain(part.found);
    expect(stage.count(part.token)).toBe(traded + 1);
    expect(await stage.row()).toMatchObject({ id: first.id, state: "active", version: String(Number(first.version) + 1) });
    // Once more, with what the renewal brought.
    await stage.expire();
    expect(await question(page, stage, part)).toContain(part.found);
    traded = stage.count(part.token);
  }

  await part.withdraw();
  if (part.renews) await stage.expire();
  expect(await question(page, stage, part)).toContain(`${part.service} wants you to sign in again`);
  expect(await stage.row()).toMatchObject({ id: first.id, state: "needs_reauth", reason: "revoked" });
  expect(stage.count(part.token), "a dead grant is asked for once").toBe(traded + (part.renews ? 1 : 0));

  await consent(page, stage, part, "Reconnect");
  expect(await stage.row()).toMatchObject({ id: first.id, state: "active", reason: null });
  expect(await question(page, stage, part)).toContain(part.found);
  return disconnect(page, stage);
}
