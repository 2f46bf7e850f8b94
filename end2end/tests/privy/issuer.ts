import Privy, { InMemoryCache } from "@privy-io/js-sdk-core";
import { PrivyClient as NodeClient } from "@privy-io/node";
import { PrivyClient as ServerAuth } from "@privy-io/server-auth";
import { expect } from "@playwright/test";
import { freshAddress } from "../support";
import { Outside } from "../process";

export const APP_ID = "sandbox-privy";
export const APP_SECRET = "sandbox-secret";
export const WEBHOOK_SECRET = "whsec_c2FuZGJveC1wcml2eS13ZWJob29rLXNlY3JldC1rZXk=";

export type Client = InstanceType<typeof Privy>;
export type Answer = { status: number; body: any; headers: Headers };

/** The played Privy of one test run, with the three packages pointed at it. */
export class Issuer {
  private constructor(private readonly outside: Outside | undefined, readonly url: string) {}

  /** An issuer of its own, so that a turned clock or a rotated key meets nobody else. */
  static async alone(): Promise<Issuer> {
    const outside = await Outside.on();
    return new Issuer(outside, outside.url);
  }

  /** The issuer of the running stack. */
  static shared(url: string): Issuer {
    return new Issuer(undefined, url);
  }

  async end(): Promise<void> {
    await this.outside?.kill();
  }

  /** A browser's client with a storage of its own. */
  client(storage = new InMemoryCache()): Client {
    const quiet = { error() {}, warn() {}, info() {}, debug() {} };
    return new Privy({
      appId: APP_ID, clientId: "client-sandbox", baseUrl: `${this.url}/auth.privy.io`, storage,
      logger: { level: "NONE", ...quiet },
    } as any);
  }

  node(options: Record<string, unknown> = {}): NodeClient {
    return new NodeClient({ appId: APP_ID, appSecret: APP_SECRET, apiUrl: `${this.url}/api.privy.io`, ...options } as any);
  }

  serverAuth(secret = APP_SECRET): ServerAuth {
    return new ServerAuth(APP_ID, secret, { apiURL: `${this.url}/auth.privy.io` });
  }

  /** Whom a server finds by an address. */
  async serverOf(address: string): Promise<any> {
    return this.serverAuth().getUserByEmail(address);
  }

  /** A call as a browser without any package makes it. */
  async raw(path: string, body?: unknown, headers: Record<string, string> = {}, method?: string): Promise<Answer> {
    const answer = await fetch(`${this.url}/${path}`, {
      method: method ?? (body === undefined ? "GET" : "POST"),
      headers: { "content-type": "application/json", "privy-app-id": APP_ID, ...headers },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await answer.text();
    return { status: answer.status, body: text ? JSON.parse(text) : null, headers: answer.headers };
  }

  auth(path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    return this.raw(`auth.privy.io/api/v1/${path}`, body, headers);
  }

  /** What a test may do to the issuer. */
  async control(path: string, body: unknown = {}, method = "POST"): Promise<any> {
    const answer = await this.raw(`_sandbox/privy/${path}`, method === "POST" ? body : undefined, {}, method);
    expect(answer.status, `${path}: ${JSON.stringify(answer.body)}`).toBeLessThan(300);
    return answer.body;
  }

  async mailed(to: string): Promise<string> {
    return this.arrived(`_sandbox/mail?to=${encodeURIComponent(to)}`);
  }

  async texted(to: string): Promise<string> {
    return this.arrived(`_sandbox/sms?to=${encodeURIComponent(to)}`);
  }

  private async arrived(path: string): Promise<string> {
    const { body } = await this.raw(path);
    expect(body[0]?.code, path).toMatch(/^\d{6}$/);
    return body[0].code;
  }

  /** Somebody new, signed in by a code from a mail. */
  async byMail(address = freshAddress("privy"), client = this.client()): Promise<{ client: Client; user: any; address: string; session: any }> {
    await client.auth.email.sendCode(address);
    const session = await client.auth.email.loginWithCode(address, await this.mailed(address));
    return { client, user: session.user, address, session };
  }

  /** Tokens of somebody new, without a package in between. */
  async tokens(address = freshAddress("privy")): Promise<any> {
    expect((await this.auth("passwordless/init", { email: address })).status).toBe(200);
    const answer = await this.auth("passwordless/authenticate", { email: address, code: await this.mailed(address) });
    expect(answer.status).toBe(200);
    return answer.body;
  }

  /** Presses a button on the consent page and gives what the browser is sent back with. */
  async consent(page: string, choice: Record<string, string>): Promise<{ code: string; state: string; provider: string; to: URL }> {
    const shown = await fetch(page);
    expect(shown.status).toBe(200);
    const request = new URL(page).searchParams.get("request")!;
    const answer = await fetch(`${this.url}/_sandbox/privy/consent`, {
      method: "POST", redirect: "manual", body: new URLSearchParams({ request, decision: "allow", ...choice }),
    });
    expect(answer.status).toBe(303);
    const to = new URL(answer.headers.get("location")!);
    const value = (name: string) => to.searchParams.get(`privy_oauth_${name}`)!;
    return { code: value("code"), state: value("state"), provider: value("provider"), to };
  }
}

/** A number nobody used before, in the range that is kept for fiction. */
export function freshNumber(): string {
  return `+1555${Math.floor(1_000_000 + Math.random() * 8_999_999)}`;
}
