import { createPublicKey, generateKeyPairSync } from "node:crypto";
import { readFileSync } from "node:fs";
import { expect, test } from "@playwright/test";
import { createRemoteJWKSet, decodeJwt, decodeProtectedHeader, importPKCS8, jwtVerify, SignJWT, UnsecuredJWT } from "jose";
import { Aura, database, emptyPlace, TOKEN_KEYS } from "./process";
import { program, renew } from "./program";

test("TK-22 A library that we did not write believes our tokens by the published keys, and refuses what we refuse", async () => {
  const store = await database();
  const aura = await Aura.on(store.url, {}, emptyPlace());
  try {
    const { tokens } = await program(aura, store.url);
    const token = tokens.access_token;
    const issuer = `${aura.url}/`;
    const published = createRemoteJWKSet(new URL(`${aura.url}/.well-known/jwks.json`));
    const rules = { issuer, audience: issuer, typ: "at+jwt", algorithms: ["RS256"], requiredClaims: ["sub", "iat", "exp"] };
    const believed = (token: string) => jwtVerify(token, published, rules).then(() => true, () => false);
    const asked = async (token: string) => {
      const answer = await fetch(`${aura.url}/api/v1/sessions`, { headers: { authorization: `Bearer ${token}` } });
      return { status: answer.status, code: (await answer.json()).code as string | undefined };
    };

    const { payload } = await jwtVerify(token, published, rules);
    expect(payload).toMatchObject({
      sub: tokens.user_id, user_id: tokens.user_id, session_id: tokens.session_id, device_id: tokens.device_id, role: "member",
    });
    expect(payload.exp! - payload.iat!).toBe(tokens.expires_in);
    expect(tokens.expires_in).toBe(7 * 24 * 3600);
    expect(await asked(token)).toEqual({ status: 200, code: undefined });

    // The other way round: what the library signs with the same key is a token as good as ours.
    const own = await importPKCS8(readFileSync(TOKEN_KEYS.JWT_PRIVATE_KEY_PATH!, "utf8"), "RS256");
    const { kid } = decodeProtectedHeader(token);
    const header = { alg: "RS256", typ: "at+jwt", kid };
    const claims = decodeJwt(token);
    const signed = await new SignJWT(claims).setProtectedHeader(header).sign(own);
    expect(await believed(signed)).toBe(true);
    expect((await asked(signed)).status).toBe(200);

    const now = Math.floor(Date.now() / 1000);
    const foreign = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
    const publicPem = readFileSync(TOKEN_KEYS.JWT_PUBLIC_KEY_PATH!);
    const [head, body, signature] = token.split(".") as [string, string, string];
    const other = Buffer.from(JSON.stringify({ ...claims, role: "admin" })).toString("base64url");
    const forged: Record<string, string> = {
      "another's key": await new SignJWT(claims).setProtectedHeader(header).sign(foreign),
      "the public key as a secret": await new SignJWT(claims).setProtectedHeader({ ...header, alg: "HS256" }).sign(publicPem),
      "the same in another form": await new SignJWT(claims).setProtectedHeader({ ...header, alg: "HS256" })
        .sign(createPublicKey(publicPem).export({ type: "spki", format: "der" })),
      "no signature": new UnsecuredJWT(claims).encode(),
      "an empty signature": `${head}.${body}.`,
      "other claims": `${head}.${other}.${signature}`,
      "another type": await new SignJWT(claims).setProtectedHeader({ ...header, typ: "JWT" }).sign(own),
      "another algorithm": await new SignJWT(claims).setProtectedHeader({ ...header, alg: "PS256" })
        .sign(await importPKCS8(readFileSync(TOKEN_KEYS.JWT_PRIVATE_KEY_PATH!, "utf8"), "PS256")),
      "another issuer": await new SignJWT({ ...claims, iss: "https://evil.example/" }).setProtectedHeader(header).sign(own),
      "another receiver": await new SignJWT({ ...claims, aud: "https://evil.example/" }).setProtectedHeader(header).sign(own),
      "an extension that nobody knows": await new SignJWT(claims)
        .setProtectedHeader({ ...header, crit: ["exp-later"], "exp-later": true } as never)
        .sign(own, { crit: { "exp-later": true } }),
      "an older day": await new SignJWT({ ...claims, iat: now - 100, exp: now - 10 }).setProtectedHeader(header).sign(own),
    };
    for (const [what, token] of Object.entries(forged)) {
      expect(await believed(token), what).toBe(false);
      const { status, code } = await asked(token);
      expect(status, what).toBe(401);
      expect(code, what).toBe(what === "an older day" ? "token_expired" : "token_invalid");
    }

    // A signature cannot tell that a session has ended; the row can.
    const out = await fetch(`${aura.url}/api/v1/sessions/current`, {
      method: "DELETE", headers: { authorization: `Bearer ${token}` },
    });
    expect(out.status).toBe(204);
    expect(await believed(token)).toBe(true);
    expect(await asked(token)).toEqual({ status: 401, code: "session_ended" });
    expect((await renew(aura, tokens.refresh_token)).status).toBe(401);
  } finally {
    await aura.end();
    await store.drop();
  }
});
