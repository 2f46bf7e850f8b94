import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { expect } from "@playwright/test";
import { Webhook } from "svix";
import { check, refusal } from "./checks";
import { freshNumber, type Issuer, WEBHOOK_SECRET } from "./issuer";

type Post = { headers: IncomingHttpHeaders; raw: string; body: any };

/** Takes posts, and answers each with the next status that was asked for, else 200. */
async function receiver(): Promise<{ url: string; posts: Post[]; statuses: number[]; end: () => void }> {
  const posts: Post[] = [];
  const statuses: number[] = [];
  const server = createServer((request, response) => {
    let raw = "";
    request.on("data", (chunk) => (raw += chunk));
    request.on("end", () => {
      posts.push({ headers: request.headers, raw, body: JSON.parse(raw) });
      response.writeHead(statuses.shift() ?? 200).end();
    });
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`, posts, statuses, end: () => server.close() };
}

export async function events(issuer: Issuer): Promise<void> {
  const { url, posts, statuses, end } = await receiver();
  const types = () => posts.map((post) => post.body.type);
  const arrived = (type: string) => expect.poll(types).toContain(type);
  const last = (type: string) => posts.filter((post) => post.body.type === type).at(-1)!;
  const headers = (post: Post) => ({
    "svix-id": String(post.headers["svix-id"]), "svix-timestamp": String(post.headers["svix-timestamp"]),
    "svix-signature": String(post.headers["svix-signature"]),
  });
  const asServerAuth = (post: Post, secret = WEBHOOK_SECRET, body = post.body) => {
    const svix = headers(post);
    const told = console.error;
    console.error = () => {};
    return issuer.serverAuth()
      .verifyWebhook(body, { id: svix["svix-id"], timestamp: svix["svix-timestamp"], signature: svix["svix-signature"] }, secret)
      .finally(() => { console.error = told; });
  };
  try {
    expect((await issuer.control("webhooks", { url })).secret).toBe(WEBHOOK_SECRET);
    const { client, user, address } = await issuer.byMail();
    await check("a new person is told of by user.created, then user.authenticated", async () => {
      await arrived("user.authenticated");
      expect(types().slice(0, 2)).toEqual(["user.created", "user.authenticated"]);
      expect(last("user.created").body.user.id).toBe(user.id);
      expect(last("user.authenticated").body).toMatchObject({ user: { id: user.id }, account: { type: "email", address } });
    });
    await check("svix verifies the raw bytes", () => {
      const post = last("user.created");
      expect(new Webhook(WEBHOOK_SECRET).verify(post.raw, headers(post))).toEqual(post.body);
    });
    await check("server-auth verifies a webhook", async () => {
      expect(await asServerAuth(last("user.authenticated"))).toMatchObject({ type: "user.authenticated" });
    });
    await check("node verifies a webhook", () => {
      const post = last("user.created");
      const read: any = issuer.node({ webhookSigningSecret: WEBHOOK_SECRET }).webhooks().verify({ payload: post.raw, headers: headers(post) } as any);
      expect(read.user.id).toBe(user.id);
    });
    await check("a changed body, another secret and another id are refused", async () => {
      const post = last("user.created");
      const hook = new Webhook(WEBHOOK_SECRET);
      expect(() => hook.verify(`${post.raw} `, headers(post))).toThrow();
      expect(() => hook.verify(post.raw, { ...headers(post), "svix-id": "msg_other" })).toThrow();
      expect(() => new Webhook(`whsec_${Buffer.from("another secret of length").toString("base64")}`).verify(post.raw, headers(post))).toThrow();
      await refusal(asServerAuth(post, WEBHOOK_SECRET, { ...post.body, type: "user.deleted" }));
    });
    await check("a webhook of six minutes ago is refused", async () => {
      await issuer.control("clock", { offset_seconds: -360 });
      const before = posts.length;
      await issuer.tokens();
      await expect.poll(() => posts.length).toBeGreaterThan(before);
      await expect.poll(types).toContain("user.authenticated");
      const post = posts.at(-1)!;
      await issuer.control("clock");
      expect(() => new Webhook(WEBHOOK_SECRET).verify(post.raw, headers(post))).toThrow(/old/i);
      await refusal(asServerAuth(post));
    });
    const number = freshNumber();
    await check("linking, updating and unlinking are told of with the account", async () => {
      await client.auth.phone.sendCode(number);
      await client.auth.phone.linkWithCode(number, await issuer.texted(number));
      await arrived("user.linked_account");
      expect(last("user.linked_account").body).toMatchObject({ user: { id: user.id }, account: { type: "phone", phoneNumber: number } });
      const next = freshNumber();
      await client.auth.phone.sendCode(next);
      await client.auth.phone.updatePhone({ oldPhoneNumber: number, newPhoneNumber: next, code: await issuer.texted(next) });
      await arrived("user.updated_account");
      await client.auth.phone.unlink(next);
      await arrived("user.unlinked_account");
      expect(last("user.unlinked_account").body.account.phoneNumber).toBe(next);
    });
    await check("a transfer is told of, and the first person is gone", async () => {
      const other = await issuer.byMail();
      await client.auth.phone.sendCode(number);
      await client.auth.phone.linkWithCode(number, await issuer.texted(number));
      const third: any = await issuer.client().auth.guest.create();
      await issuer.control("transfer", { from: other.user.id, to: third.user.id });
      await arrived("user.transferred_account");
      expect(last("user.transferred_account").body).toMatchObject({
        fromUser: { id: other.user.id }, toUser: { id: third.user.id, is_guest: false }, account: { address: other.address }, deletedUser: true,
      });
      expect((await refusal(issuer.serverAuth().getUserById(other.user.id))).status).toBe(404);
    });
    await check("a deletion is told of with the whole person", async () => {
      await issuer.control("delete-user", { id: user.id });
      await arrived("user.deleted");
      expect(last("user.deleted").body.user).toMatchObject({ id: user.id, linked_accounts: expect.any(Array) });
    });
    await check("a post that fails comes again with the same id", async () => {
      statuses.push(500);
      const before = posts.length;
      await issuer.client().auth.guest.create();
      await expect.poll(() => posts.length, { timeout: 10_000 }).toBeGreaterThanOrEqual(before + 2);
      const [first, second] = posts.slice(before);
      expect(second.headers["svix-id"]).toBe(first.headers["svix-id"]);
      expect(second.raw).toBe(first.raw);
    });
    await check("everything is sent again on demand, with the same ids", async () => {
      const known = new Set(posts.map((post) => post.headers["svix-id"]));
      const before = posts.length;
      const { sent } = await issuer.control("webhooks/resend");
      await expect.poll(() => posts.length, { timeout: 15_000 }).toBe(before + sent);
      for (const post of posts) expect(known).toContain(post.headers["svix-id"]);
    });
  } finally {
    await issuer.control("webhooks", undefined, "DELETE");
    end();
  }
}
