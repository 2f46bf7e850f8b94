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

test("A reload in mid-answer shows the text so far and goes on; Stop ends it there", async ({ page }) => {
  await signIn(page, "reader");
  await page.goto("/chat");
  await hydrated(page);
  await page.getByRole("textbox", { name: /ask|message/i }).fill("Please answer slowly, I want to read along");
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/chat\/[0-9a-f-]{36}/);
  const prose = page.locator(".thread .prose").last();
  await expect.poll(async () => (await prose.textContent())?.trim().length ?? 0).toBeGreaterThan(20);
  const before = ((await prose.textContent()) ?? "").trim();

  await page.reload();
  const after = ((await prose.textContent()) ?? "").trim();
  expect(after.replace(/\s+/g, " ").startsWith(before.replace(/\s+/g, " ").slice(0, 20))).toBe(true);
  expect(after.length).toBeGreaterThanOrEqual(Math.floor(before.length * 0.9));
  await hydrated(page);
  await expect.poll(async () => (await prose.textContent())?.trim().length ?? 0).toBeGreaterThan(after.length);

  await page.getByRole("button", { name: "Stop" }).click();
  await expect(page.locator(".thread[aria-busy=true]")).toHaveCount(0);
  const stopped = ((await prose.textContent()) ?? "").trim();
  await page.reload();
  expect(((await prose.textContent()) ?? "").trim().replace(/\s+/g, " ")).toBe(stopped.replace(/\s+/g, " "));
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
  await expect(page.getByText(/not connected|declined|denied|cancelled/i).first()).toBeVisible();
  await expect(page.getByRole("link", { name: "Connect GitHub" })).toBeVisible();
});
