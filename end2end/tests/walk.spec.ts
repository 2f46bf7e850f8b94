import { connect, expect, hydrated, signIn, test } from "./support";

const QUESTION = "What is on my calendar today and which issues are open?";

test("AN-14 A newcomer signs in, connects two services, asks, and reads an answer from their data", async ({ page }) => {
  await page.goto("/");
  await page.getByRole("link", { name: /sign in|start|get started/i }).first().click();
  await page.waitForURL(/\/signin/);
  await signIn(page, "walker");

  await connect(page, "GitHub");
  await connect(page, "Google Calendar");
  await expect(page.getByText("mira", { exact: false }).first()).toBeVisible();

  await page.goto("/chat");
  await hydrated(page);
  await page.getByRole("textbox", { name: /ask|message/i }).fill(QUESTION);
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/chat\/[0-9a-f-]{36}/);

  // Both reads show as cards that name their service, and the answer names what they found.
  await expect(page.locator("details.read.step")).toHaveCount(2, { timeout: 20_000 });
  await expect(page.locator(".thread .prose")).toContainText("Launch review", { timeout: 20_000 });
  await expect(page.locator(".thread .prose")).toContainText("Export hangs", { timeout: 20_000 });
  await expect(page.locator(".thread[aria-busy=true]")).toHaveCount(0, { timeout: 20_000 });
});

test("AN-18 An answer grows as one text, a reload in the midst of it shows that text and goes on, and Stop ends it there", async ({ page }) => {
  await signIn(page, "reader");
  await page.goto("/chat");
  await hydrated(page);
  // Everything that stands there on the way, each state once.
  await page.addInitScript(() => {
    const shown: string[] = [];
    Object.assign(window, { shown });
    new MutationObserver(() => {
      const text = [...document.querySelectorAll(".thread .prose")].at(-1)?.textContent?.trim();
      if (text && text !== shown.at(-1)) shown.push(text);
    }).observe(document, { subtree: true, childList: true, characterData: true });
  });
  await page.reload();
  await hydrated(page);
  await page.getByRole("textbox", { name: /ask|message/i }).fill("Please answer slowly, I want to read along");
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/chat\/[0-9a-f-]{36}/);
  const prose = page.locator(".thread .prose").last();
  const plain = (text: string | null) => (text ?? "").trim().replace(/\s+/g, " ");
  const read = async () => plain(await prose.textContent());
  const shown = async () => (await page.evaluate(() => (window as unknown as { shown: string[] }).shown)).map(plain);
  await expect.poll(async () => (await read()).length).toBeGreaterThan(60);
  const [before, first] = [await read(), await shown()];

  await page.reload();
  const after = await read();
  expect(after.startsWith(before), `«${after}» goes on from «${before}»`).toBe(true);
  await hydrated(page);
  await expect.poll(async () => (await read()).length).toBeGreaterThan(after.length + 40);

  await page.getByRole("button", { name: "Stop" }).click();
  await expect(page.locator(".thread[aria-busy=true]")).toHaveCount(0);
  const [stopped, second] = [await read(), await shown()];
  // The first paragraph holds no Markdown, so what streams reads like what is rendered. No state shows a gap or a letter
  // in the wrong place, and none is shorter than the one before.
  const states = [...first, ...second].map((text) => text.slice(0, 150));
  expect(states.length).toBeGreaterThan(10);
  expect(states.filter((text) => !stopped.startsWith(text))).toEqual([]);
  for (const part of [first, second]) {
    expect(part.every((text, at) => at === 0 || text.slice(0, 150).length >= part[at - 1]!.slice(0, 150).length)).toBe(true);
  }
  await page.reload();
  expect(await read()).toBe(stopped);
});

test("Disconnecting removes the account and says what happened at the service", async ({ page }) => {
  await signIn(page, "leaver");
  await connect(page, "GitHub");
  await hydrated(page);
  await page.getByRole("button", { name: /^Disconnect/ }).first().click();
  const dialog = page.locator("dialog[open], [popover]:popover-open").first();
  await dialog.getByRole("button", { name: /disconnect/i }).click();
  await expect(page.getByText(/revoked|withdrawn|removed/i).first()).toBeVisible();
  await expect(page.getByRole("link", { name: "Connect GitHub" })).toBeVisible();
});

test("Consent that is denied leads back with a plain sentence and nothing connected", async ({ page }) => {
  await signIn(page, "denier");
  await page.goto("/connections");
  await page.getByRole("link", { name: "Connect GitHub" }).first().click();
  await page.getByRole("button", { name: /deny/i }).click();
  await page.waitForURL(/\/connections/);
  await expect(page.getByText("You did not go on at GitHub, so nothing was changed.")).toBeVisible();
  await expect(page.getByRole("link", { name: "Connect GitHub" })).toBeVisible();
});
