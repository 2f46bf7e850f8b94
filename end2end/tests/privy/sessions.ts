import { InMemoryCache } from "@privy-io/js-sdk-core";
import { expect } from "@playwright/test";
import { decodeJwt, decodeProtectedHeader } from "jose";
import { freshAddress } from "../support";
import { check, refusedWith } from "./checks";
import { APP_ID, freshNumber, type Issuer } from "./issuer";

export async function sessions(issuer: Issuer): Promise<void> {
  await check("access tokens have the claims that Privy's have", async () => {
    const { session } = await issuer.byMail();
    expect(decodeProtectedHeader(session.token)).toEqual({ alg: "ES256", typ: "JWT", kid: expect.any(String) });
    const claims = decodeJwt(session.token);
    expect(Object.keys(claims).sort()).toEqual(["aud", "exp", "iat", "iss", "sid", "sub"]);
    expect(claims).toMatchObject({ iss: "privy.io", aud: APP_ID, sub: session.user.id });
    expect(claims.exp! - claims.iat!).toBe(3600);
  });
  await check("identity tokens carry their lists as texts", async () => {
    const { session, address } = await issuer.byMail();
    const claims: any = decodeJwt(session.identity_token);
    expect(claims.sid).toBeUndefined();
    expect(claims.cr).toMatch(/^\d+$/);
    expect(JSON.parse(claims.linked_accounts)).toEqual([{ type: "email", address, lv: expect.any(Number) }]);
  });
  await check("a client refreshes a token that is about to end, and both tokens change", async () => {
    await issuer.control("clock", { token_seconds: 20 });
    const storage = new InMemoryCache();
    const { client, session } = await issuer.byMail(undefined, issuer.client(storage));
    await new Promise((done) => setTimeout(done, 1100));
    const fresh = await client.getAccessToken();
    await issuer.control("clock");
    expect(fresh).not.toBe(session.token);
    expect(decodeJwt(fresh!).sid).toBe(decodeJwt(session.token).sid);
    expect(storage.get("privy:refresh_token")).not.toBe(session.refresh_token);
  });
  await check("two calls at once share one refresh", async () => {
    await issuer.control("clock", { token_seconds: 20 });
    const { client } = await issuer.byMail();
    const [first, second] = await Promise.all([client.getAccessToken(), client.getAccessToken()]);
    await issuer.control("clock");
    expect(first).toBe(second);
  });
  await check("a refresh that is sent twice gets access but no second refresh token", async () => {
    const { refresh_token } = await issuer.tokens();
    expect((await issuer.auth("sessions", { refresh_token })).body).toMatchObject({ session_update_action: "set", refresh_token: expect.any(String) });
    const again = await issuer.auth("sessions", { refresh_token });
    expect(again.body).toMatchObject({ session_update_action: "ignore", token: expect.any(String) });
    expect(again.body.refresh_token).toBeUndefined();
  });
  await check("a refresh token that comes back later ends the session", async () => {
    const { refresh_token } = await issuer.tokens();
    const next = (await issuer.auth("sessions", { refresh_token })).body.refresh_token;
    await issuer.control("clock", { offset_seconds: 60 });
    const replayed = await issuer.auth("sessions", { refresh_token });
    const follower = await issuer.auth("sessions", { refresh_token: next });
    await issuer.control("clock");
    for (const answer of [replayed, follower]) expect(answer).toMatchObject({ status: 401, body: { code: "missing_or_invalid_token" } });
  });
  await check("a client that is told missing_or_invalid_token forgets all it holds", async () => {
    const storage = new InMemoryCache();
    const { client, user } = await issuer.byMail(undefined, issuer.client(storage));
    await issuer.control("delete-user", { id: user.id });
    await refusedWith("missing_or_invalid_token", client.user.get(), 401);
    expect(storage.get("privy:token")).toBeUndefined();
    expect(await client.getAccessToken()).toBeNull();
  });
  await check("logging out ends the session at the issuer", async () => {
    const { client, session } = await issuer.byMail();
    await client.auth.logout();
    await expect.poll(async () => (await issuer.auth("sessions", { refresh_token: session.refresh_token })).status).toBe(401);
    expect((await issuer.auth("users/me", undefined, { authorization: `Bearer ${session.token}` })).body.code).toBe("missing_or_invalid_token");
  });
  await check("logging out twice is refused with already_logged_out", async () => {
    const { refresh_token } = await issuer.tokens();
    expect((await issuer.auth("sessions/logout", { refresh_token })).status).toBe(200);
    expect(await issuer.auth("sessions/logout", { refresh_token })).toMatchObject({ status: 400, body: { code: "already_logged_out" } });
  });
  await check("the person and a fresh identity token are read by users/me", async () => {
    const { client, user } = await issuer.byMail();
    const read: any = await client.user.refreshUser();
    expect(read.user.id).toBe(user.id);
    expect(decodeJwt((await client.getIdentityToken())!).sub).toBe(user.id);
  });
  await check("the terms are accepted", async () => {
    const { client } = await issuer.byMail();
    expect(((await client.user.acceptTerms()) as any).user).toMatchObject({ has_accepted_terms: true });
  });
  await check("analytics events are answered with 200", async () => {
    expect((await issuer.auth("analytics_events", { event_name: "x", client_id: "y", payload: {} })).status).toBe(200);
  });
}

export async function linking(issuer: Issuer): Promise<void> {
  const { client, user, address } = await issuer.byMail();
  const number = freshNumber();
  await check("the only account cannot be unlinked", () => refusedWith("cannot_unlink_sole_account", client.auth.email.unlink(address), 400));
  await check("a number is linked to a person who came by mail", async () => {
    await client.auth.phone.sendCode(number);
    const linked: any = await client.auth.phone.linkWithCode(number, await issuer.texted(number));
    expect(linked.user.id).toBe(user.id);
    expect(linked.user.linked_accounts.map((one: any) => one.type)).toEqual(["email", "phone"]);
    expect(JSON.parse(decodeJwt(linked.identity_token).linked_accounts as string)).toHaveLength(2);
  });
  await check("an account of another service is linked and unlinked", async () => {
    const { url } = await client.auth.oauth.generateURL("discord", "http://localhost:3000/");
    const back = await issuer.consent(url, { email: freshAddress("link") });
    const linked: any = await client.auth.oauth.linkWithCode(back.code, back.state, "discord" as any);
    const discord = linked.user.linked_accounts.find((one: any) => one.type === "discord_oauth");
    const left: any = await client.auth.oauth.unlink("discord", discord.subject);
    expect(left.user.linked_accounts.map((one: any) => one.type)).toEqual(["email", "phone"]);
  });
  await check("a second address is refused with cannot_link_more_of_type", async () => {
    const second = freshAddress("second");
    await client.auth.email.sendCode(second);
    await refusedWith("cannot_link_more_of_type", client.auth.email.linkWithCode(second, await issuer.mailed(second)), 400);
  });
  await check("the address is replaced by another", async () => {
    const next = freshAddress("next");
    await client.auth.email.sendCode(next);
    const updated: any = await client.auth.email.updateEmail({ oldEmailAddress: address, newEmailAddress: next, code: await issuer.mailed(next) });
    expect(updated.user.linked_accounts[0].address).toBe(next);
  });
  await check("the address is unlinked, the number stays", async () => {
    const now: any = await client.user.get();
    const left: any = await client.auth.email.unlink(now.user.linked_accounts[0].address);
    expect(left.user.linked_accounts.map((one: any) => one.type)).toEqual(["phone"]);
  });
  await check("the only account of somebody else is refused with account_transfer_required", async () => {
    const other = await issuer.byMail();
    await client.auth.email.sendCode(other.address);
    await refusedWith("account_transfer_required", client.auth.email.linkWithCode(other.address, await issuer.mailed(other.address)), 400);
  });
  await check("one of several accounts of somebody else is refused with linked_to_another_user", async () => {
    const other = await issuer.byMail();
    const theirs = freshNumber();
    await other.client.auth.phone.sendCode(theirs);
    await other.client.auth.phone.linkWithCode(theirs, await issuer.texted(theirs));
    await client.auth.email.sendCode(other.address);
    await refusedWith("linked_to_another_user", client.auth.email.linkWithCode(other.address, await issuer.mailed(other.address)), 400);
  });
  await check("linking without a session is refused with missing_or_invalid_token", async () => {
    const answer = await issuer.auth("passwordless/link", { email: freshAddress("nobody"), code: "000000" });
    expect(answer).toMatchObject({ status: 401, body: { code: "missing_or_invalid_token" } });
  });
}

export async function settings(issuer: Issuer): Promise<void> {
  const address = freshAddress("settings");
  const send = (to = address) => issuer.client().auth.email.sendCode(to);
  const under = async (setting: Record<string, unknown>, act: () => Promise<unknown>) => {
    await issuer.control("app", setting);
    try { await act(); } finally { await issuer.control("app"); }
  };
  await check("a way in that is off is refused with disallowed_login_method", () =>
    under({ email_auth: false }, () => refusedWith("disallowed_login_method", send(), 403)));
  await check("an address with a plus is refused where the app wants none", () =>
    under({ disable_plus_emails: true }, () => refusedWith("disallowed_plus_email", send(`a+${address}`))));
  await check("a captcha is asked for where the app wants one", () => under({ captcha_enabled: true }, async () => {
    await refusedWith("invalid_captcha", send());
    expect(await issuer.client().auth.email.sendCode(address, "sandbox-captcha")).toMatchObject({ success: true });
  }));
  await check("new people are refused where sign-ups are over", () => under({ signup_disabled: true }, async () => {
    const stranger = freshAddress("closed");
    await send(stranger);
    await refusedWith("signup_disabled", issuer.client().auth.email.loginWithCode(stranger, await issuer.mailed(stranger)));
  }));
  await check("new people are refused where the app is full", () => under({ max_accounts: 0 }, async () => {
    const stranger = freshAddress("full");
    await send(stranger);
    await refusedWith("max_accounts_reached", issuer.client().auth.email.loginWithCode(stranger, await issuer.mailed(stranger)));
  }));
  await check("who is not on the list is refused with allowlist_rejected", () => under({ allowlist_enabled: true }, async () => {
    const guest = freshAddress("listed");
    await refusedWith("allowlist_rejected", send(guest), 401);
    await issuer.serverAuth().inviteToAllowlist({ type: "email", value: guest } as any);
    expect(await send(guest)).toMatchObject({ success: true });
  }));
  await check("another app id is refused with missing_or_invalid_privy_app_id", async () => {
    const answer = await issuer.auth("passwordless/init", { email: address }, { "privy-app-id": "another" });
    expect(answer).toMatchObject({ status: 400, body: { code: "missing_or_invalid_privy_app_id" } });
  });
  await check("another origin is refused with invalid_origin and may not read the answer", async () => {
    const answer = await issuer.auth("passwordless/init", { email: address }, { origin: "https://evil.example" });
    expect(answer).toMatchObject({ status: 403, body: { code: "invalid_origin" } });
    expect(answer.headers.get("access-control-allow-origin")).toBeNull();
  });
  await check("a page on this machine may call, with its cookies", async () => {
    const answer = await fetch(`${issuer.url}/auth.privy.io/api/v1/passwordless/init`, {
      method: "OPTIONS", headers: { origin: "http://localhost:3000", "access-control-request-headers": "privy-app-id,content-type" },
    });
    expect(answer.status).toBe(204);
    expect(answer.headers.get("access-control-allow-origin")).toBe("http://localhost:3000");
    expect(answer.headers.get("access-control-allow-credentials")).toBe("true");
    expect(answer.headers.get("access-control-allow-headers")).toBe("privy-app-id,content-type");
  });
  await check("a failure on demand arrives with its code", async () => {
    await issuer.control("fail", { path: "/passwordless/init", status: 429, code: "too_many_requests" });
    await refusedWith("too_many_requests", send(), 429);
    expect(await send()).toMatchObject({ success: true });
  });
  await check("a client lives through one 503 of the issuer", async () => {
    await issuer.raw("_sandbox/faults", { host: "auth.privy.io", path: "/api/v1/passwordless/init", kind: "503", times: 1 });
    expect(await send(freshAddress("retry"))).toMatchObject({ success: true });
  });
}
