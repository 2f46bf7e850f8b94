import { InMemoryCache } from "@privy-io/js-sdk-core";
import { verifyAccessToken } from "@privy-io/node";
import { expect } from "@playwright/test";
import { decodeJwt, decodeProtectedHeader, generateKeyPair, SignJWT } from "jose";
import { freshAddress } from "../support";
import { check, refusal, refusedWith } from "./checks";
import { APP_ID, freshNumber, type Issuer } from "./issuer";

/** Neither of the two server packages takes a token. */
async function bothRefuse(issuer: Issuer, token: string): Promise<void> {
  await refusal(issuer.serverAuth().verifyAuthToken(token));
  await refusal(issuer.node().utils().auth().verifyAccessToken(token));
}

export async function verification(issuer: Issuer): Promise<void> {
  const { session, user, address } = await issuer.byMail();
  await check("server-auth verifies an access token", async () => {
    expect(await issuer.serverAuth().verifyAuthToken(session.token)).toMatchObject({
      userId: user.id, appId: APP_ID, issuer: "privy.io", sessionId: decodeJwt(session.token).sid,
    });
  });
  await check("node verifies an access token by the JWKS", async () => {
    expect(await issuer.node().utils().auth().verifyAccessToken(session.token)).toMatchObject({
      user_id: user.id, app_id: APP_ID, session_id: decodeJwt(session.token).sid,
    });
  });
  await check("node verifies it by the key of the dashboard", async () => {
    const { verificationKey } = await issuer.serverAuth().getAppSettings();
    expect(await verifyAccessToken({ access_token: session.token, app_id: APP_ID, verification_key: verificationKey })).toMatchObject({ user_id: user.id });
  });
  await check("the JWKS is served by both hosts, without a secret", async () => {
    const [one, two] = [await issuer.raw(`api.privy.io/v1/apps/${APP_ID}/jwks.json`), await issuer.auth(`apps/${APP_ID}/jwks.json`)];
    expect(one.body).toEqual(two.body);
    expect(one.body.keys[0]).toMatchObject({ kty: "EC", crv: "P-256", alg: "ES256", use: "sig" });
  });
  await check("server-auth reads a person from an identity token", async () => {
    expect(await issuer.serverAuth().getUser({ idToken: session.identity_token })).toMatchObject({ id: user.id, email: { address } });
  });
  await check("node reads a person from an identity token", async () => {
    const read: any = await issuer.node().users().get({ id_token: session.identity_token });
    expect(read).toMatchObject({ id: user.id, is_guest: false, created_at: user.created_at });
    expect(read.linked_accounts[0]).toMatchObject({ type: "email", address });
  });
  await check("an identity token of a guest says so", async () => {
    const guest: any = await issuer.client().auth.guest.create();
    expect((await issuer.serverAuth().getUser({ idToken: guest.identity_token })).isGuest).toBe(true);
  });
  await check("an access token is no identity token, and the other way round", async () => {
    await refusal(issuer.node().users().get({ id_token: session.token }));
    await refusal(issuer.node().utils().auth().verifyAccessToken(session.identity_token));
  });
  await check("the token that is meant for Privy alone is refused", () => bothRefuse(issuer, session.privy_access_token));
  await check("an expired token is refused", async () => {
    await issuer.control("clock", { offset_seconds: -7200 });
    const { token } = await issuer.tokens();
    await issuer.control("clock");
    await bothRefuse(issuer, token);
  });
  await check("a token for another app is refused", async () => {
    const { verificationKey } = await issuer.serverAuth().getAppSettings();
    await refusal(verifyAccessToken({ access_token: session.token, app_id: "another", verification_key: verificationKey }));
  });
  await check("a changed token and one of another key are refused", async () => {
    const [head, body, mac] = session.token.split(".");
    const forged = Buffer.from(JSON.stringify({ ...decodeJwt(session.token), sub: "did:privy:another" })).toString("base64url");
    await bothRefuse(issuer, `${head}.${forged}.${mac}`);
    const { privateKey } = await generateKeyPair("ES256");
    const foreign = await new SignJWT(decodeJwt(session.token)).setProtectedHeader({ ...decodeProtectedHeader(session.token), alg: "ES256" }).sign(privateKey);
    await bothRefuse(issuer, foreign);
    await bothRefuse(issuer, `${head}.${body}.`);
  });
  await check("a key beside the old one keeps old tokens good", async () => {
    expect(await issuer.control("rotate-key", { keep: true })).toMatchObject({ published: 2 });
    const { token } = await issuer.tokens();
    for (const one of [token, session.token]) expect(await issuer.node().utils().auth().verifyAccessToken(one)).toBeTruthy();
  });
  await check("a withdrawn key refuses old tokens and takes new ones", async () => {
    expect(await issuer.control("rotate-key")).toMatchObject({ published: 1 });
    await bothRefuse(issuer, session.token);
    const { token, user: fresh } = await issuer.tokens();
    expect(await issuer.serverAuth().verifyAuthToken(token)).toMatchObject({ userId: fresh.id });
    expect(await issuer.node().utils().auth().verifyAccessToken(token)).toMatchObject({ user_id: fresh.id });
  });
}

export async function lookingUp(issuer: Issuer): Promise<void> {
  const server = issuer.serverAuth();
  const node = issuer.node();
  const { client, user, address } = await issuer.byMail();
  const number = freshNumber();
  await client.auth.phone.sendCode(number);
  await client.auth.phone.linkWithCode(number, await issuer.texted(number));
  await check("server-auth reads a person by id", async () => {
    expect(await server.getUserById(user.id)).toMatchObject({ id: user.id, email: { address }, phone: { number }, isGuest: false });
  });
  await check("node reads a person by id", async () => {
    expect(await (node as any).users()._get(user.id)).toMatchObject({ id: user.id, mfa_methods: [], has_accepted_terms: false });
  });
  await check("both read a person by address", async () => {
    expect((await server.getUserByEmail(address))!.id).toBe(user.id);
    expect((await node.users().getByEmailAddress({ address })).id).toBe(user.id);
  });
  await check("both read a person by number", async () => {
    expect((await server.getUserByPhoneNumber(number))!.id).toBe(user.id);
    expect((await node.users().getByPhoneNumber({ number })).id).toBe(user.id);
  });
  await check("nobody is null for server-auth and 404 for node", async () => {
    expect(await server.getUserByEmail(freshAddress("nobody"))).toBeNull();
    expect((await refusal(node.users().getByEmailAddress({ address: freshAddress("nobody") }))).status).toBe(404);
    expect((await refusal(server.getUserById("did:privy:nobody"))).status).toBe(404);
  });
  await check("people are searched for", async () => {
    const found = await server.getUsers({ emails: [address], phoneNumbers: [], walletAddresses: [] } as any);
    expect(found.map((one) => one.id)).toEqual([user.id]);
    expect((await server.getUsers(address.slice(0, 20))).map((one) => one.id)).toContain(user.id);
    expect(((await node.users().search({ searchTerm: address })) as any).id).toBe(user.id);
  });
  await check("a wrong secret is refused by both", async () => {
    expect((await refusal(issuer.serverAuth("wrong").getUserById(user.id))).status).toBe(401);
    expect((await refusal(issuer.node({ appSecret: "wrong" }).users().getByEmailAddress({ address }))).status).toBe(401);
  });
}

export async function keeping(issuer: Issuer): Promise<void> {
  const server = issuer.serverAuth();
  const node = issuer.node();
  const address = freshAddress("imported");
  const wallet = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed";
  let id = "";
  await check("server-auth imports a person with several accounts", async () => {
    const user = await server.importUser({
      linkedAccounts: [
        { type: "email", address }, { type: "wallet", address: wallet.toLowerCase(), chainType: "ethereum" },
        { type: "google_oauth", subject: address, email: address, name: "Imported" }, { type: "custom_auth", customUserId: address },
      ] as any,
      customMetadata: { plan: "pro", seats: 3, beta: true },
    });
    id = user.id;
    expect(user).toMatchObject({ email: { address }, wallet: { address: wallet }, google: { name: "Imported" }, customMetadata: { plan: "pro", seats: 3, beta: true } });
  });
  await check("an imported person is found by wallet and by own id", async () => {
    expect((await server.getUserByWalletAddress(wallet))!.id).toBe(id);
    expect((await server.getUserByCustomAuthId(address))!.id).toBe(id);
    expect((await node.users().getByWalletAddress({ address: wallet })).id).toBe(id);
    expect((await node.users().getByCustomAuthID({ custom_user_id: address })).id).toBe(id);
  });
  await check("an imported person comes in by mail as the same person", async () => {
    const before: any = await (node as any).users()._get(id);
    expect(before.linked_accounts[0].first_verified_at).toBeNull();
    const { user, session } = await issuer.byMail(address);
    expect(user.id).toBe(id);
    expect(session.is_new_user).toBe(false);
    expect(user.linked_accounts[0].first_verified_at).toBeGreaterThan(0);
  });
  await check("node makes a person, and the same account twice is refused", async () => {
    const mail = freshAddress("made");
    const made = await node.users().create({ linked_accounts: [{ type: "email", address: mail }] });
    expect(made.linked_accounts).toHaveLength(1);
    await refusedWith("linked_to_another_user", node.users().create({ linked_accounts: [{ type: "email", address: mail }] }));
  });
  await check("a person without accounts is refused", () => refusedWith("invalid_data", node.users().create({ linked_accounts: [] })));
  await check("metadata is set by both, and stands in the identity token", async () => {
    expect((await server.setCustomMetadata(id, { plan: "free" })).customMetadata).toEqual({ plan: "free" });
    const set: any = await node.users().setCustomMetadata(id, { custom_metadata: { plan: "team", seats: 5 } });
    expect(set.custom_metadata).toEqual({ plan: "team", seats: 5 });
    const { session } = await issuer.byMail(address);
    expect((await server.getUser({ idToken: session.identity_token })).customMetadata).toEqual({ plan: "team", seats: 5 });
  });
  await check("nested metadata is refused", () =>
    refusedWith("invalid_data", node.users().setCustomMetadata(id, { custom_metadata: { a: { b: 1 } } as any })));
  await check("node unlinks an account", async () => {
    const left: any = await node.users().unlinkLinkedAccount(id, { type: "email", handle: address });
    expect(left.linked_accounts.map((one: any) => one.type)).toEqual(["wallet", "google_oauth", "custom_auth"]);
  });
  await check("node walks all pages, each person once", async () => {
    for (let i = 0; i < 5; i += 1) await issuer.tokens();
    const seen: string[] = [];
    for await (const user of node.users().list({ limit: 3 })) seen.push(user.id);
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen.length).toBe((await server.getUsers()).length);
    expect(seen).toContain(id);
  });
  await check("a broken cursor and limit are refused", async () => {
    const headers = { authorization: `Basic ${Buffer.from(`${APP_ID}:sandbox-secret`).toString("base64")}` };
    for (const query of ["cursor=nonsense", "limit=0", "limit=101", "limit=x"])
      expect((await issuer.raw(`api.privy.io/v1/users?${query}`, undefined, headers)).status, query).toBe(400);
  });
  await check("server-auth deletes a person, whose sessions end", async () => {
    const storage = new InMemoryCache();
    const { user, session } = await issuer.byMail(undefined, issuer.client(storage));
    await server.deleteUser(user.id);
    expect((await refusal(server.getUserById(user.id))).status).toBe(404);
    expect((await issuer.auth("sessions", { refresh_token: session.refresh_token })).status).toBe(401);
  });
  await check("node deletes a person, who is another person afterwards", async () => {
    const { user, address: mail } = await issuer.byMail();
    await node.users().delete(user.id);
    expect((await refusal(node.users().delete(user.id))).status).toBe(404);
    expect((await issuer.byMail(mail)).user.id).not.toBe(user.id);
  });
  await check("both read the settings of the app", async () => {
    expect(await server.getAppSettings()).toMatchObject({ id: APP_ID, emailAuth: true, smsAuth: true, allowlistEnabled: false });
    expect(await node.apps().getSettings()).toMatchObject({ id: APP_ID, spotify_oauth: true, custom_api_url: null, captcha_enabled: false });
  });
  await check("both get a token of the test account", async () => {
    expect((await server.getTestAccessToken()).accessToken).toMatch(/^ey/);
    const { access_token } = await node.apps().getTestAccessToken();
    expect(await node.utils().auth().verifyAccessToken(access_token)).toMatchObject({ app_id: APP_ID });
    expect((await server.getTestAccessToken({ email: "test-4010@privy.io", phoneNumber: "+1 555 555 4010" })).accessToken).toMatch(/^ey/);
  });
  await check("both keep the allowlist", async () => {
    const entry = { type: "email" as const, value: freshAddress("invited") };
    expect(await server.inviteToAllowlist(entry as any)).toMatchObject(entry);
    expect((await node.apps().getAllowlist()).map((one) => one.value)).toContain(entry.value);
    await node.apps().removeFromAllowlist(entry);
    expect((await server.getAllowlist()).map((one) => one.value)).not.toContain(entry.value);
  });
}
