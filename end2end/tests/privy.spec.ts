import { expect, test } from "@playwright/test";
import { count } from "./privy/checks";
import { events } from "./privy/events";
import { Issuer } from "./privy/issuer";
import { keeping, lookingUp, verification } from "./privy/servers";
import { linking, sessions, settings } from "./privy/sessions";
import { byMail, byOauth, byOtherWays, bySms, byWallet } from "./privy/ways";

// Privy's three packages, unmodified, against the Privy that the sandbox plays.
test.describe.configure({ mode: "serial" });

let issuer: Issuer;
test.beforeAll(async () => { issuer = await Issuer.alone(); });
test.afterAll(async () => { await issuer?.end(); });
test.afterEach(async () => {
  await issuer.control("clock");
  await issuer.control("app");
});

test("js-sdk-core signs in by mail", () => byMail(issuer));
test("js-sdk-core signs in by text message", () => bySms(issuer));
test("js-sdk-core signs in with another service", () => byOauth(issuer));
test("js-sdk-core signs in with a wallet", () => byWallet(issuer));
test("js-sdk-core signs in as a guest, with an outside token, with a passkey", () => byOtherWays(issuer));
test("js-sdk-core keeps, refreshes and ends sessions", () => sessions(issuer));
test("js-sdk-core links, updates and unlinks accounts", () => linking(issuer));
test("js-sdk-core meets the settings of the app", () => settings(issuer));
test("server-auth and node look people up", () => lookingUp(issuer));
test("server-auth and node make, change, list and delete people", () => keeping(issuer));
test("server-auth, node and svix verify webhooks", () => events(issuer));
test("server-auth and node verify tokens", () => verification(issuer));

test("PV-27 there are at least sixty checks, and all have passed", () => {
  console.log(`Privy: ${count()} checks passed`);
  expect(count()).toBeGreaterThanOrEqual(60);
});
