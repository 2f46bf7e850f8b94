import pg from "pg";
import { expect, freshAddress, newestMail, SANDBOX, test } from "./support";
import { Aura, database } from "./process";

const SECRET = "whsec_c2FuZGJveC1yZXNlbmQtd2ViaG9vaw==";

test("ML-16 A mail by Resend arrives once, a forged bounce is refused, and after a real one nothing more is sent there", async ({ page }) => {
  const store = await database();
  const aura = await Aura.on(store.url, {
    HOST_OVERRIDES: `*=${SANDBOX}`,
    RESEND_API_KEY: "re_sandbox", RESEND_WEBHOOK_SECRET: SECRET, FROM_EMAIL: "Aura <noreply@aura.example>",
  });
  const client = new pg.Client({ connectionString: store.url });
  await client.connect();
  const states = async () =>
    (await client.query("select state from mails order by created_at, id")).rows.map(({ state }) => state as string);
  const tell = async (body: Record<string, unknown>) => {
    const answer = await fetch(`${SANDBOX}/_sandbox/resend/bounce`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ url: `${aura.url}/api/webhooks/resend`, ...body }),
    });
    return (await answer.json()) as { status: number; event_id: string };
  };
  try {
    expect(aura.log()).toContain("mail leaves by Resend, from Aura <noreply@aura.example>");
    const address = freshAddress("bouncer");
    const ask = async () => {
      await page.goto(`${aura.url}/signin`);
      await page.getByLabel("E-mail address").fill(address);
      await page.getByRole("button", { name: "Send code" }).click();
      await page.waitForURL(/\/verify-email/);
    };
    await ask();
    const mail = await newestMail(address);
    expect(mail).toMatchObject({ by: "Resend", from: "Aura <noreply@aura.example>" });
    await expect.poll(states).toEqual(["sent"]);

    const forged = await tell({ to: address, secret: "whsec_Zm9yZ2VkIGJ5IHNvbWVib2R5IGVsc2U=" });
    expect(forged.status).toBe(401);
    const told = await tell({ to: address });
    expect(told.status).toBe(204);
    expect((await tell({ to: address, event_id: told.event_id })).status).toBe(204);
    const suppressed = async () => (await client.query("select reason from mail_suppressions")).rows;
    await expect.poll(suppressed).toEqual([{ reason: "bounced" }]);
    expect((await client.query("select kind from webhook_events where source = 'resend'")).rows).toEqual([{ kind: "email.bounced" }]);

    // The page says what it always says; the mail stays here.
    await page.context().clearCookies();
    await ask();
    await expect.poll(states).toEqual(["sent", "suppressed"]);
    const mails = await fetch(`${SANDBOX}/_sandbox/mail?to=${encodeURIComponent(address)}`);
    expect(((await mails.json()) as unknown[]).length).toBe(1);
  } finally {
    await client.end();
    await aura.end();
    await store.drop();
  }
});
