import type { Page } from "@playwright/test";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { parseSiweMessage, validateSiweMessage } from "viem/siwe";
import { expect, hydrated, ready, signIn, test } from "./support";

type Call = { method: string; params?: string[] };

/** Puts a wallet into the pages to come: EIP-1193 in front of viem. Gives its address and the texts it signs. */
async function giveWallet(page: Page, options: { declines?: boolean } = {}): Promise<{ address: string; signed: string[] }> {
  const account = privateKeyToAccount(generatePrivateKey());
  const signed: string[] = [];
  await page.exposeFunction("__wallet", async ({ method, params = [] }: Call) => {
    switch (method) {
      case "eth_requestAccounts": return [account.address];
      case "eth_chainId": return "0x1";
      case "personal_sign": {
        if (options.declines) throw new Error("User rejected the request.");
        const raw = params[0] as `0x${string}`;
        signed.push(Buffer.from(raw.slice(2), "hex").toString("utf8"));
        expect(params[1]).toBe(account.address);
        return account.signMessage({ message: { raw } });
      }
      default: throw new Error(`not supported: ${method}`);
    }
  });
  await page.addInitScript(() => {
    const call = (window as unknown as { __wallet: (call: unknown) => Promise<unknown> }).__wallet;
    Object.defineProperty(window, "ethereum", { value: { request: (asked: unknown) => call(asked) } });
  });
  return { address: account.address, signed };
}

test("A wallet signs in, and what it is shown is a text of EIP-4361", async ({ page, baseURL }) => {
  const wallet = await giveWallet(page);
  await page.goto("/signin?next=/connections");
  await ready(page);
  await page.getByRole("button", { name: "Sign in with a wallet" }).click();
  await page.waitForURL((url) => url.pathname === "/connections");
  const site = new URL(baseURL!);
  const message = parseSiweMessage(wallet.signed[0]!);
  expect(message).toMatchObject({ address: wallet.address, chainId: 1, version: "1", uri: `${site.origin}/`, domain: site.host });
  expect(message.nonce).toMatch(/^[A-Za-z0-9]{8,}$/);
  expect(validateSiweMessage({ message, address: wallet.address as `0x${string}`, domain: site.host, time: new Date() })).toBe(true);
  const told = await (await page.request.get("/api/auth/session")).json();
  expect(Object.keys(told).sort()).toEqual(["displayName", "handle", "id", "spotifyConnected"]);
  expect(told.displayName).toBe(`${wallet.address.slice(0, 6)}…${wallet.address.slice(-4)}`);
});

test("A wallet is linked in the settings and opens the same account afterwards", async ({ page }) => {
  const wallet = await giveWallet(page);
  await signIn(page, "linker");
  const before = await (await page.request.get("/api/auth/session")).json();
  await page.goto("/settings/security");
  await hydrated(page);
  await page.getByRole("link", { name: "Link a wallet" }).click();
  await page.waitForURL(/\/settings\/wallet$/);
  await page.getByRole("button", { name: "Link a wallet" }).click();
  await page.waitForURL(/\/settings\/security$/);
  await expect(page.getByText(`${wallet.address.slice(0, 6)}…${wallet.address.slice(-4)}`).first()).toBeVisible();
  await page.context().clearCookies();
  await page.goto("/signin");
  await ready(page);
  await page.getByRole("button", { name: "Sign in with a wallet" }).click();
  await page.waitForURL(/\/chat/);
  const after = await (await page.request.get("/api/auth/session")).json();
  expect(after.id).toBe(before.id);
});

test("WA-9 A wallet that declines changes nothing and says so, and without a wallet none is offered", async ({ page, browser, baseURL }) => {
  await giveWallet(page, { declines: true });
  await page.goto("/signin");
  await ready(page);
  await page.getByRole("button", { name: "Sign in with a wallet" }).click();
  await expect(page.getByRole("alert")).toContainText("The wallet gave no signature");
  await expect(page.locator("[aria-busy]")).toHaveCount(0);
  expect((await page.request.get("/api/auth/session")).status()).toBe(401);

  const plain = await browser.newPage({ baseURL });
  await plain.goto("/signin");
  await ready(plain);
  await expect(plain.getByRole("button", { name: "Send code" })).toBeVisible();
  await expect(plain.getByRole("button", { name: "Sign in with a wallet" })).toHaveCount(0);
  await expect(plain.getByRole("alert")).toHaveCount(0);
  await plain.close();
});
