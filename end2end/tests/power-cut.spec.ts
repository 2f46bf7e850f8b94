import { expect, SANDBOX, signIn, test } from "./support";
import { Aura, database } from "./process";

test("AN-6 After kill -9 in mid-answer nothing that was shown is missing, and the conversation says it was interrupted", async ({ page }) => {
  const store = await database();
  const aura = await Aura.on(store.url, {
    HOST_OVERRIDES: `*=${SANDBOX}`, OPENAI_API_KEY: "sandbox-key",
  });
  try {
    await signIn(page, "power", { at: aura.url });

    const sent = await page.request.post(`${aura.url}/api/chat`, {
      headers: { accept: "application/json", origin: aura.url, "sec-fetch-site": "same-origin" },
      data: { text: "Please answer slowly", client_key: "power-cut" },
    });
    expect(sent.ok(), await sent.text()).toBe(true);
    const { conversation, run } = (await sent.json()) as { conversation: string; run: string };

    // Follow the run as a browser does, and remember every piece of text that was shown.
    const cookie = (await page.context().cookies()).map(({ name, value }) => `${name}=${value}`).join("; ");
    const stream = await fetch(`${aura.url}/api/chat/runs/${run}/events`, { headers: { cookie } });
    expect(stream.status).toBe(200);
    let shown = "";
    let buffered = "";
    const decoder = new TextDecoder();
    const reader = stream.body!.getReader();
    while (shown.length < 200) {
      const { value, done } = await reader.read();
      if (done) break;
      buffered += decoder.decode(value, { stream: true });
      const frames = buffered.split("\n\n");
      buffered = frames.pop()!;
      for (const frame of frames) {
        const kind = /^event: ?(.*)$/m.exec(frame)?.[1];
        const data = /^data: ?(.*)$/m.exec(frame)?.[1];
        if (kind === "text" && data) shown += (JSON.parse(data) as { text: string }).text;
      }
    }
    expect(shown.length).toBeGreaterThanOrEqual(200);
    await aura.end("SIGKILL");
    await reader.cancel().catch(() => {});

    await aura.start();
    const words = (text: string) => text.replace(/[*#>`_-]/g, " ").replace(/\s+/g, " ").trim();
    await expect(async () => {
      await page.goto(`${aura.url}/chat/${conversation}`);
      await expect(page.getByText(/interrupted/i).first()).toBeVisible({ timeout: 1_000 });
    }).toPass({ timeout: 40_000 });
    const kept = words((await page.locator(".thread .prose").last().textContent()) ?? "");
    expect(kept.startsWith(words(shown).slice(0, 150))).toBe(true);
    expect(kept.length).toBeGreaterThanOrEqual(words(shown).length - 5);
  } finally {
    await aura.end();
    await store.drop();
  }
});
