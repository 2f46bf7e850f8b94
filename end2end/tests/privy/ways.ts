import { InMemoryCache } from "@privy-io/js-sdk-core";
import { expect } from "@playwright/test";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { freshAddress } from "../support";
import { check, refusal, refusedWith } from "./checks";
import { freshNumber, type Issuer } from "./issuer";
import { Passkey, solanaWallet } from "./keys";

const SITE = "http://localhost:3000";
const account = (user: any, type: string) => user.linked_accounts.find((one: any) => one.type === type);

export async function byMail(issuer: Issuer): Promise<void> {
  const address = freshAddress("privy");
  const client = issuer.client();
  await check("the client initialises from the app's settings", () => client.initialize());
  await check("a code is sent by mail", async () => {
    expect(await client.auth.email.sendCode(address)).toMatchObject({ success: true });
  });
  await check("a wrong code is refused with invalid_credentials", () =>
    refusedWith("invalid_credentials", client.auth.email.loginWithCode(address, "000000"), 422));
  await check("a new person comes in by mail", async () => {
    const session: any = await client.auth.email.loginWithCode(address, await issuer.mailed(address));
    expect(session.is_new_user).toBe(true);
    expect(session.session_update_action).toBe("set");
    expect(session.user.id).toMatch(/^did:privy:[a-z0-9]{20,}$/);
    expect(account(session.user, "email")).toMatchObject({ address, verified_at: expect.any(Number) });
  });
  await check("a code counts once", async () =>
    refusedWith("invalid_credentials", issuer.client().auth.email.loginWithCode(address, await issuer.mailed(address))));
  await check("the same address is the same person, on another device too", async () => {
    const first: any = await client.user.get();
    const second = await issuer.byMail(address);
    expect(second.user.id).toBe(first.user.id);
    expect(second.session.is_new_user).toBe(false);
  });
  await check("the address is one in any case of letters", async () => {
    const again = await issuer.byMail(address, issuer.client());
    const other = issuer.client();
    await other.auth.email.sendCode(address.toUpperCase());
    const session = await other.auth.email.loginWithCode(address.toUpperCase(), await issuer.mailed(address));
    expect(session.user.id).toBe(again.user.id);
  });
  await check("no-signup refuses a stranger with user_does_not_exist", async () => {
    const stranger = freshAddress("stranger");
    await client.auth.email.sendCode(stranger);
    const code = await issuer.mailed(stranger);
    await refusedWith("user_does_not_exist", issuer.client().auth.email.loginWithCode(stranger, code, "no-signup"));
  });
  await check("no-signup lets a known person in", async () => {
    const known = issuer.client();
    await known.auth.email.sendCode(address);
    expect((await known.auth.email.loginWithCode(address, await issuer.mailed(address), "no-signup")).user.id).toBeTruthy();
  });
  await check("a broken address is refused with invalid_data", () => refusedWith("invalid_data", client.auth.email.sendCode("nobody"), 400));
  await check("the test account comes in with its fixed code", async () => {
    const test = await issuer.client().auth.email.loginWithCode("test-4010@privy.io", "401040");
    expect(account(test.user, "email").address).toBe("test-4010@privy.io");
  });
  await check("the test account refuses any other code", () =>
    refusedWith("invalid_credentials", issuer.client().auth.email.loginWithCode("test-4010@privy.io", "401041")));
  await check("five wrong codes end the right one", async () => {
    const guessed = freshAddress("guessed");
    await client.auth.email.sendCode(guessed);
    for (let i = 0; i < 5; i += 1) await refusal(issuer.client().auth.email.loginWithCode(guessed, `00000${i}`));
    await refusedWith("invalid_credentials", issuer.client().auth.email.loginWithCode(guessed, await issuer.mailed(guessed)));
  });
  await check("the sixth code within a minute is refused with too_many_requests", async () => {
    const flooded = freshAddress("flooded");
    for (let i = 0; i < 5; i += 1) await issuer.client().auth.email.sendCode(flooded);
    await refusedWith("too_many_requests", issuer.client().auth.email.sendCode(flooded), 429);
  });
  await check("an old code is refused", async () => {
    const late = freshAddress("late");
    await issuer.auth("passwordless/init", { email: late });
    await issuer.control("clock", { offset_seconds: 601 });
    const answer = await issuer.auth("passwordless/authenticate", { email: late, code: await issuer.mailed(late) });
    await issuer.control("clock");
    expect(answer).toMatchObject({ status: 422, body: { code: "invalid_credentials" } });
  });
}

export async function bySms(issuer: Issuer): Promise<void> {
  const number = freshNumber();
  const client = issuer.client();
  await check("a code is sent by text message, and the person comes in", async () => {
    await client.auth.phone.sendCode(number);
    const session: any = await client.auth.phone.loginWithCode(number, await issuer.texted(number));
    expect(account(session.user, "phone").phoneNumber).toBe(number);
  });
  await check("the same number is the same person", async () => {
    const other = issuer.client();
    await other.auth.phone.sendCode(number);
    const session = await other.auth.phone.loginWithCode(number, await issuer.texted(number));
    expect(session.user.id).toBe(((await client.user.get()) as any).user.id);
  });
  await check("a number is replaced by another", async () => {
    const next = freshNumber();
    await client.auth.phone.sendCode(next);
    const updated = await client.auth.phone.updatePhone({ oldPhoneNumber: number, newPhoneNumber: next, code: await issuer.texted(next) });
    expect(account(updated.user, "phone").phoneNumber).toBe(next);
  });
  await check("a broken number is refused with invalid_data", () => refusedWith("invalid_data", client.auth.phone.sendCode("+12")));
}

export async function byOauth(issuer: Issuer): Promise<void> {
  const client = issuer.client();
  const address = freshAddress("oauth");
  let granted: any;
  client.addOAuthTokensListener((tokens: any) => { granted = tokens; });
  await check("Google: consent, state, code, and the person comes in", async () => {
    const { url } = await client.auth.oauth.generateURL("google", `${SITE}/signin`);
    const back = await issuer.consent(url, { email: address });
    expect(back.provider).toBe("google");
    expect(back.to.origin + back.to.pathname).toBe(`${SITE}/signin`);
    const session: any = await client.auth.oauth.loginWithCode(back.code, back.state, "google" as any);
    expect(account(session.user, "google_oauth")).toMatchObject({ email: address, name: expect.any(String), subject: expect.any(String) });
  });
  await check("the service's own tokens are handed over", () => expect(granted).toMatchObject({
    provider: "google", access_token: expect.any(String), access_token_expires_in_seconds: 3600, refresh_token: expect.any(String),
  }));
  await check("Spotify: the account has no address", async () => {
    const other = issuer.client();
    const { url } = await other.auth.oauth.generateURL("spotify", `${SITE}/signin`);
    const back = await issuer.consent(url, { person: "mira" });
    const session: any = await other.auth.oauth.loginWithCode(back.code, back.state, "spotify" as any);
    expect(account(session.user, "spotify_oauth")).toMatchObject({ email: null, subject: "mira-okafor" });
  });
  await check("the Spotify token opens the Spotify that is played here", async () => {
    const other = issuer.client();
    let spotify: any;
    other.addOAuthTokensListener((tokens: any) => { spotify = tokens; });
    const { url } = await other.auth.oauth.generateURL("spotify", `${SITE}/signin`);
    const back = await issuer.consent(url, { person: "mira" });
    await other.auth.oauth.loginWithCode(back.code, back.state, "spotify" as any);
    const me = await fetch(`${issuer.url}/api.spotify.com/v1/me`, {
      headers: { authorization: `Bearer ${spotify.access_token}`, "user-agent": "Aura/judge" },
    });
    expect(me.status).toBe(200);
  });
  await check("a foreign state is stopped by the client", async () => {
    const other = issuer.client();
    const { url } = await other.auth.oauth.generateURL("google", `${SITE}/signin`);
    const back = await issuer.consent(url, { email: address });
    await refusedWith("pkce_state_code_mismatch", other.auth.oauth.loginWithCode(back.code, "another", "google" as any));
    const raw = await issuer.auth("oauth/authenticate", { authorization_code: back.code, state_code: "another", code_verifier: "x" });
    expect(raw).toMatchObject({ status: 400, body: { code: "oauth_state_mismatch" } });
    const unproven = await issuer.auth("oauth/authenticate", { authorization_code: back.code, state_code: back.state, code_verifier: "x" });
    expect(unproven).toMatchObject({ status: 400, body: { code: "invalid_pkce_parameters" } });
  });
  await check("a code is exchanged once", async () => {
    const storage = new InMemoryCache();
    const other = issuer.client(storage);
    const { url } = await other.auth.oauth.generateURL("github", `${SITE}/signin`);
    const verifier = storage.get("privy:code_verifier");
    const back = await issuer.consent(url, { email: address });
    await other.auth.oauth.loginWithCode(back.code, back.state, "github" as any);
    const again = await issuer.auth("oauth/authenticate", { authorization_code: back.code, state_code: back.state, code_verifier: verifier });
    expect(again).toMatchObject({ status: 400, body: { code: "token_already_used" } });
  });
  await check("a person who says no comes back with Privy's word for it", async () => {
    const { url } = await issuer.client().auth.oauth.generateURL("google", `${SITE}/signin?a=1`);
    const back = await issuer.consent(url, { decision: "deny" });
    expect(back.code).toBe("undefined");
    expect(back.to.searchParams.get("a")).toBe("1");
  });
  await check("a service that is off is refused with disallowed_login_method", () =>
    refusedWith("disallowed_login_method", issuer.client().auth.oauth.generateURL("telegram" as any, SITE)));
  await check("a challenge that is none is refused with invalid_pkce_parameters", async () => {
    const answer = await issuer.auth("oauth/init", { provider: "google", redirect_to: SITE, code_challenge: "short", state_code: "s" });
    expect(answer).toMatchObject({ status: 400, body: { code: "invalid_pkce_parameters" } });
  });
}

export async function byWallet(issuer: Issuer): Promise<void> {
  const wallet = privateKeyToAccount(generatePrivateKey());
  const client = issuer.client();
  const asked = { address: wallet.address, chainId: "eip155:1", walletClientType: "metamask", connectorType: "injected" } as any;
  await check("Ethereum: a signed message brings a person in", async () => {
    const { message, nonce } = await client.auth.siwe.init(asked, "localhost:3000", SITE);
    expect(message).toContain(nonce);
    const session: any = await client.auth.siwe.loginWithSiwe(await wallet.signMessage({ message }));
    expect(account(session.user, "wallet")).toMatchObject({
      address: wallet.address, chain_type: "ethereum", chain_id: "eip155:1", wallet_client_type: "metamask", connector_type: "injected",
    });
  });
  await check("another wallet's signature is refused", async () => {
    const other = issuer.client();
    const { message } = await other.auth.siwe.init(asked, "localhost:3000", SITE);
    const signature = await privateKeyToAccount(generatePrivateKey()).signMessage({ message });
    await refusedWith("invalid_credentials", other.auth.siwe.loginWithSiwe(signature), 422);
  });
  await check("a nonce counts once, and only for its wallet", async () => {
    const other = issuer.client();
    const { message } = await other.auth.siwe.init(asked, "localhost:3000", SITE);
    const signature = await wallet.signMessage({ message });
    await other.auth.siwe.loginWithSiwe(signature);
    await refusedWith("invalid_credentials", other.auth.siwe.loginWithSiwe(signature));
    const thief = privateKeyToAccount(generatePrivateKey());
    const stolen = (await issuer.client().auth.siwe.init(asked, "localhost:3000", SITE)).message.replace(wallet.address, thief.address);
    const answer = await issuer.auth("siwe/authenticate", { message: stolen, signature: await thief.signMessage({ message: stolen }) });
    expect(answer).toMatchObject({ status: 422, body: { code: "invalid_credentials" } });
  });
  await check("a second wallet is linked and unlinked", async () => {
    const second = privateKeyToAccount(generatePrivateKey());
    const { message } = await client.auth.siwe.init({ ...asked, address: second.address }, "localhost:3000", SITE);
    const linked: any = await client.auth.siwe.linkWithSiwe(await second.signMessage({ message }));
    expect(linked.user.linked_accounts).toHaveLength(2);
    const left: any = await client.auth.siwe.unlinkWallet(second.address);
    expect(left.user.linked_accounts).toHaveLength(1);
  });
  await check("Solana: a signed message brings a person in, a changed one does not", async () => {
    const { address, sign } = solanaWallet();
    const { nonce } = await client.auth.siws.fetchNonce({ address });
    const message = `localhost:3000 wants you to sign in with your Solana account:\n${address}\n\nYou are proving you own ${address}.\n\nURI: ${SITE}\nVersion: 1\nChain ID: mainnet\nNonce: ${nonce}\nIssued At: ${new Date().toISOString()}\nResources:\n- https://privy.io`;
    await refusedWith("invalid_credentials", issuer.client().auth.siws.login({ message, signature: sign(`${message} `) } as any));
    const session: any = await issuer.client().auth.siws.login({ message, signature: sign(message) } as any);
    expect(account(session.user, "wallet")).toMatchObject({ address, chain_type: "solana" });
  });
}

export async function byOtherWays(issuer: Issuer): Promise<void> {
  const storage = new InMemoryCache();
  await check("a guest comes in, and is the same guest with the same credential", async () => {
    const first: any = await issuer.client(storage).auth.guest.create();
    expect(first.user).toMatchObject({ is_guest: true, linked_accounts: [] });
    const credential = storage.get("privy:guest:sandbox-privy");
    const again = await issuer.auth("guest/authenticate", { guest_credential: credential });
    expect(again.body).toMatchObject({ is_new_user: false, user: { id: first.user.id } });
  });
  await check("a guest who links an address is a guest no more", async () => {
    const client = issuer.client();
    const guest: any = await client.auth.guest.create();
    const address = freshAddress("guest");
    await client.auth.email.sendCode(address);
    const linked: any = await client.auth.email.linkWithCode(address, await issuer.mailed(address));
    expect(linked.user).toMatchObject({ id: guest.user.id, is_guest: false });
  });
  await check("a token of the outside issuer brings a person in", async () => {
    const subject = freshAddress("jwt");
    const { token } = await issuer.control("custom-jwt", { sub: subject });
    const session: any = await issuer.client().auth.customProvider.syncWithToken(token);
    expect(account(session.user, "custom_auth").custom_user_id).toBe(subject);
  });
  await check("an expired, a foreign and a changed token of it are refused", async () => {
    const { token: old } = await issuer.control("custom-jwt", { sub: "x", expires_in: -1 });
    const { token: foreign } = await issuer.control("custom-jwt", { sub: "x", audience: "another-app" });
    const { token: good } = await issuer.control("custom-jwt", { sub: "x" });
    for (const token of [old, foreign, `${good.slice(0, -6)}AAAAAA`, (await issuer.tokens()).token])
      await refusedWith("invalid_credentials", issuer.client().auth.customProvider.syncWithToken(token));
  });
  const passkey = new Passkey(SITE);
  const owner = issuer.client();
  await check("a passkey signs up", async () => {
    const { options }: any = await owner.auth.passkey.generateSignupOptions(SITE);
    const session: any = await owner.auth.passkey.signupWithPasskey(passkey.create(options.challenge), SITE);
    expect(account(session.user, "passkey")).toMatchObject({ enrolled_in_mfa: false, credential_id: expect.any(String) });
  });
  await check("the passkey signs in", async () => {
    const other = issuer.client();
    const { options }: any = await other.auth.passkey.generateAuthenticationOptions(SITE);
    const session: any = await other.auth.passkey.loginWithPasskey(passkey.get(options.challenge), options.challenge, SITE);
    expect(session.user.id).toBe(((await owner.user.get()) as any).user.id);
  });
  await check("an unknown passkey and a used challenge are refused", async () => {
    const other = issuer.client();
    const { options }: any = await other.auth.passkey.generateAuthenticationOptions(SITE);
    await refusedWith("passkey_not_registered", other.auth.passkey.loginWithPasskey(new Passkey(SITE).get(options.challenge), options.challenge, SITE));
    const answer = passkey.get(options.challenge);
    await other.auth.passkey.loginWithPasskey(answer, options.challenge, SITE);
    await refusedWith("invalid_credentials", other.auth.passkey.loginWithPasskey(answer, options.challenge, SITE));
  });
  await check("a passkey's signature of something else is refused, and so is one whose user was not verified", async () => {
    const other = issuer.client();
    const begin = async (): Promise<string> => ((await other.auth.passkey.generateAuthenticationOptions(SITE)) as any).options.challenge;
    const [first, second] = [await begin(), await begin()];
    const mixed = passkey.get(first);
    mixed.response.signature = passkey.get(second).response.signature;
    await refusedWith("invalid_credentials", other.auth.passkey.loginWithPasskey(mixed, first, SITE));
    const third = await begin();
    await refusedWith("invalid_credentials", other.auth.passkey.loginWithPasskey(passkey.get(third, 0x01), third, SITE));
  });
  await check("a passkey of another site is refused", async () => {
    const other = issuer.client();
    const { options }: any = await other.auth.passkey.generateSignupOptions(SITE);
    const foreign = new Passkey("https://evil.example").create(options.challenge);
    await refusedWith("invalid_credentials", other.auth.passkey.signupWithPasskey(foreign, SITE));
  });
  await check("a passkey is linked to a person who came by mail", async () => {
    const { client } = await issuer.byMail();
    const { options }: any = await client.auth.passkey.generateRegistrationOptions(SITE);
    const linked: any = await client.auth.passkey.linkWithPasskey(new Passkey(SITE).create(options.challenge), SITE);
    expect(linked.user.linked_accounts.map((one: any) => one.type)).toEqual(["email", "passkey"]);
  });
}
