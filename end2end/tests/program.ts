import { createHash, randomBytes, randomUUID } from "node:crypto";
import pg from "pg";
import type { Aura } from "./process";

/** What a program is answered when it signs in or renews. */
export interface Tokens {
  access_token: string;
  refresh_token: string;
  expires_in: number;
  user_id: string;
  session_id: string;
  device_id: string;
}

/** Brings a refresh token. */
export async function renew(aura: Aura, token: string): Promise<Response> {
  return fetch(`${aura.url}/api/v1/tokens/refresh`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ refresh_token: token }),
  });
}

/**
 * A new person with a program that is signed in: its rows are laid into the database, and its tokens are those that the
 * server gives for them.
 */
export async function program(aura: Aura, databaseUrl: string): Promise<{ first: string; tokens: Tokens }> {
  const first = randomBytes(32).toString("hex");
  const [user, device, session, token] = [randomUUID(), randomUUID(), randomUUID(), randomUUID()];
  const now = new Date();
  const end = new Date(now.getTime() + 30 * 24 * 3600 * 1000);
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  await client.query("insert into users (id, display_name, created_at) values ($1, 'Mira', $2)", [user, now]);
  await client.query(
    `insert into devices (id, user_id, name, platform, created_at, last_used_at)
     values ($1, $2, 'Mira''s phone', 'ios', $3, $3)`,
    [device, user, now],
  );
  await client.query(
    `insert into sessions (id, kind, user_id, device_id, method, user_agent, address, created_at, proved_at, last_used_at, expires_at)
     values ($1, 'api', $2, $3, 'email_code', 'Aura/2', '192.0.2.7', $4, $4, $4, $5)`,
    [session, user, device, now, end],
  );
  await client.query(
    `insert into refresh_tokens (id, session_id, user_id, token_hash, created_at, expires_at)
     values ($1, $2, $3, $4, $5, $6)`,
    [token, session, user, createHash("sha256").update(first).digest(), now, end],
  );
  await client.end();
  const answer = await renew(aura, first);
  if (!answer.ok) throw new Error(`the program was not signed in: ${answer.status} ${await answer.text()}`);
  return { first, tokens: await answer.json() };
}
