import { randomBytes } from "node:crypto";
import type { Page } from "@playwright/test";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { Aura, database } from "./process";
import { expect, freshAddress, ready, test } from "./support";
import { APP_ID, APP_SECRET, freshNumber, Issuer, WEBHOOK_SECRET } from "./privy/issuer";

// The ways in by way of Privy, against the Privy that the sandbox plays. Both are of their own here: so many sign-ins
// from one address would meet the limits that other walks share.
let issuer: Issuer;
let aura: Aura;
let store: Awaited<ReturnType<typeof database>>;

test.beforeAll(async () => {
  issuer = await Issuer.alone();
  store = await database();
  aura = await Aura.on(store.url, {
    HOST_OVERRIDES: `*=${issuer.url}`, RATE_LIMIT: "1000/10s",
    PRIVY_APP_ID: APP_ID, PRIVY_APP_SECRET: APP_SECRET, PRIVY_WEBHOOK_SECRET: WEBHOOK_SECRET,
  });
});
test.afterAll(async () => {
  await aura?.end();
  await store?.drop();
  await issuer?.end();
});

/** Takes back what the browser itself wrote about the one answer that had to be a refusal. */
function expected(errors: string[], status: number): void {
  expect(errors).toEqual([expect.stringContaining(`status of ${status}`)]);
  errors.length = 0;
}

/** Opens what the sign-in page offers by way of Privy. */
async function offered(page: Page): Promise<void> {
  await page.goto(`${aura.url}/signin`);
  await ready(page);
  await page.getByText("Sign in with Privy", { exact: true }).click();
}

/** Types a code on Privy's page of Aura and ends signed in. */
async function typeCode(page: Page, code: string): Promise<void> {
  await page.getByLabel("Six-digit code").fill(code);
  await page.getByRole("button", { name: "Continue", exact: true }).click();
  await page.waitForURL(/\/chat/);
}

async function me(page: Page): Promise<any> {
  const answer = await page.request.get(`${aura.url}/api/auth/me`);
  expect(answer.status()).toBe(200);
  return answer.json();
}

async function byMail(page: Page, address: string): Promise<void> {
  await offered(page);
  await page.getByLabel("Address at Privy").fill(address);
  await page.getByRole("button", { name: "Send a code by mail" }).click();
  await page.waitForURL(/\/signin\/privy/);
  await ready(page);
  await typeCode(page, await issuer.mailed(address));
}

test("a person comes in by a code that Privy mails, and is the same person elsewhere", async ({ page, browser }) => {
  const address = freshAddress("privy-mail");
  await byMail(page, address);
  const here = await me(page);
  expect(here.linkedAccounts).toEqual([{ type: "email", label: address }]);
  const elsewhere = await browser.newPage();
  await byMail(elsewhere, address);
  expect((await me(elsewhere)).id).toBe(here.id);
  await elsewhere.close();
});

test("a person comes in by a code in a text message, after a wrong one", async ({ page }) => {
  const number = freshNumber();
  await offered(page);
  await page.getByLabel("Telephone number").fill(number);
  await page.getByRole("button", { name: "Send a code by text message" }).click();
  await page.waitForURL(/\/signin\/privy/);
  await ready(page);
  const code = await issuer.texted(number);
  await page.getByLabel("Six-digit code").fill(code === "000000" ? "000001" : "000000");
  await page.getByRole("button", { name: "Continue", exact: true }).click();
  await expect(page.getByRole("alert").or(page.locator("[aria-invalid=true]")).first()).toBeVisible();
  await typeCode(page, code);
  expect((await me(page)).linkedAccounts).toEqual([{ type: "phone", label: number }]);
});

test("a person comes in with Google by way of Privy, after having said no", async ({ page, consoleErrors }) => {
  const address = freshAddress("privy-google");
  await offered(page);
  await page.getByRole("link", { name: /Privy: Google/ }).click();
  await page.getByRole("button", { name: "Deny" }).click();
  await page.waitForURL((url) => url.origin !== new URL(issuer.url).origin);
  await expect(page.getByText(/declined|said no|not allowed|did not allow/i).first()).toBeVisible();
  expected(consoleErrors, 403);
  expect((await page.request.get(`${aura.url}/api/auth/me`)).status()).toBe(401);
  await offered(page);
  await page.getByRole("link", { name: /Privy: Google/ }).click();
  await page.getByLabel("Address of somebody else").fill(address);
  await page.getByRole("button", { name: "Allow" }).click();
  await page.waitForURL(/\/chat/);
  expect((await me(page)).linkedAccounts).toEqual([{ type: "google_oauth", label: address }]);
});

test("a person comes in with a wallet by way of Privy", async ({ page }) => {
  const wallet = privateKeyToAccount(generatePrivateKey());
  await page.exposeFunction("signInHand", (raw: `0x${string}`) => wallet.signMessage({ message: { raw } }));
  await page.addInitScript((address) => {
    (window as any).ethereum = {
      request: async ({ method, params }: any) => {
        if (method === "eth_requestAccounts") return [address];
        if (method === "eth_chainId") return "0x1";
        return (window as any).signInHand(params[0]);
      },
    };
  }, wallet.address);
  await offered(page);
  await page.getByRole("button", { name: "Sign with a wallet, by way of Privy" }).click();
  await page.waitForURL(/\/chat/);
  expect((await me(page)).linkedAccounts[0].type).toBe("wallet");
});

test("PV-24 a token that js-sdk-core holds opens a session, and no other kind of token does", async ({ page, request }) => {
  const { client, session } = await issuer.byMail();
  const sync = (token: string) => request.post(`${aura.url}/api/auth/sync`, { headers: { authorization: `Bearer ${token}` } });
  for (const wrong of [session.identity_token, session.privy_access_token, `${session.token.slice(0, -8)}AAAAAAAA`])
    expect((await sync(wrong)).status()).toBe(401);
  const first = await sync((await client.getAccessToken())!);
  expect(first.status()).toBe(200);
  const person = await first.json();
  expect(person.created).toBe(true);
  expect(person.linkedAccounts[0].type).toBe("email");
  const again = await page.request.post(`${aura.url}/api/auth/sync`, { headers: { authorization: `Bearer ${await client.getAccessToken()}` } });
  expect((await again.json()).id).toBe(person.id);
  await page.goto(`${aura.url}/chat`);
  await expect(page).toHaveURL(/\/chat/);
});

test("PV-25 whom Privy deletes is signed out, and a forged post does nothing", async ({ page, consoleErrors }) => {
  const address = freshAddress("privy-deleted");
  await byMail(page, address);
  const did = (await issuer.serverOf(address)).id;
  const forged = await page.request.post(`${aura.url}/api/webhooks/privy`, {
    headers: { "svix-id": `msg_${randomBytes(8).toString("hex")}`, "svix-timestamp": String(Math.floor(Date.now() / 1000)), "svix-signature": "v1,AAAA" },
    data: { type: "user.deleted", user: { id: did } },
  });
  expect(forged.status()).toBeGreaterThanOrEqual(400);
  expect((await page.request.get(`${aura.url}/api/auth/me`)).status()).toBe(200);
  await issuer.control("webhooks", { url: `${aura.url}/api/webhooks/privy` });
  try {
    await issuer.control("delete-user", { id: did });
    await expect.poll(async () => (await page.request.get(`${aura.url}/api/auth/me`)).status(), { timeout: 20_000 }).toBe(401);
  } finally {
    await issuer.control("webhooks", undefined, "DELETE");
  }
  await page.goto(`${aura.url}/settings`);
  await expect(page).toHaveURL(/\/signin/);
  // The page that stood open may have asked for something in the moment when its session ended.
  for (const error of consoleErrors.splice(0)) expect(error).toContain("status of 401");
});
