import { connect, expect, hydrated, signIn, test } from "./support";

test("CP-7 On a connection's page one sees how it fares, keeps it from models, and ends it with what was read", async ({ page }) => {
  await signIn(page, "connection");
  await connect(page, "GitHub");
  await page.goto("/chat");
  await hydrated(page);
  await page.getByRole("textbox", { name: /ask|message/i }).fill("Which issues are open?");
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/chat\/[0-9a-f-]{36}/);
  await expect(page.locator(".thread[aria-busy=true]")).toHaveCount(0, { timeout: 30_000 });

  await page.goto("/connections");
  await hydrated(page);
  await page.getByRole("link", { name: /^Details of GitHub/ }).click();
  await page.waitForURL(/\/connections\/[0-9a-f-]{36}$/);
  await expect(page.getByRole("heading", { level: 1, name: "GitHub" })).toBeVisible();
  await expect(page.getByText("It works.")).toBeVisible();
  await expect(page.getByText(/for an answer in the chat/).first()).toBeVisible();
  await page.getByRole("button", { name: "Keep it from the model" }).click();
  await expect(page.getByRole("button", { name: "Let the model see it" })).toBeVisible();
  await expect(page.getByText("You keep what is read from models")).toBeVisible();
  await page.reload();
  await hydrated(page);
  await expect(page.getByRole("button", { name: "Let the model see it" })).toBeVisible();

  const file = await page.request.get(`/api${new URL(page.url()).pathname}/events.json`);
  const kinds = (await file.json()).events.map((event: { kind: string }) => event.kind);
  expect(kinds).toEqual(expect.arrayContaining(["connected", "used", "hidden_from_models"]));

  await page.getByRole("button", { name: "Disconnect GitHub" }).click();
  const dialog = page.locator("dialog[open], [popover]:popover-open").first();
  await dialog.getByLabel("Also delete what was read through it").check();
  await dialog.getByRole("button", { name: "Disconnect GitHub" }).click();
  await page.waitForURL(/\/connections\?disconnected=github/);
  await expect(page.getByText(/GitHub is disconnected/)).toBeVisible();
});
