import type { Page } from "@playwright/test";
import { expect, hydrated, inEveryLook, signIn } from "./support";
import { history } from "./listening";

/** From `/music` to a profile that everybody can see, with its picture, and back to a private one. */
export async function publish(page: Page, scripts: boolean): Promise<void> {
  const taken = async () => { if (scripts) await hydrated(page); };
  const handle = `tunes_${Date.now().toString(36)}${scripts ? "a" : "b"}`;
  await signIn(page, "publisher", { scripts });
  await page.goto("/settings");
  await taken();
  await page.getByRole("textbox", { name: "Handle" }).fill(handle);
  await page.getByRole("button", { name: "Take handle" }).click();
  await expect(page.getByText(scripts ? `You are @${handle} now.` : "The handle is yours.")).toBeVisible();
  await page.goto("/music/import");
  await taken();
  await page.getByLabel("Files", { exact: true }).setInputFiles({ name: "history.json", mimeType: "application/json", buffer: history() });
  await page.getByRole("button", { name: "Import", exact: true }).click();
  await page.waitForURL(/taken=1/);
  await expect(async () => {
    await page.goto("/music/import");
    await expect(page.getByText("38 plays added").first()).toBeVisible({ timeout: 500 });
  }).toPass({ timeout: 40_000 });

  await page.goto("/music");
  await taken();
  await page.locator('a[href="/music/profile"]').click();
  await page.waitForURL(/\/music\/profile/);
  await taken();
  await expect(page.getByText("Private", { exact: true })).toBeVisible();
  await page.getByLabel("Text", { exact: true }).fill("Small rooms, long tracks.");
  for (const section of [/^Featured artists/, /^Top artists/, /^Around the clock/]) await page.getByRole("checkbox", { name: section }).check();
  await page.getByLabel("Time that is counted").selectOption("all");
  await page.getByLabel("Artist 1").selectOption("lantern ferry");
  await page.getByLabel("Caption 1").fill("On every ferry.");
  await page.getByRole("button", { name: "Save draft" }).click();
  await expect(async () => {
    await page.goto("/music/profile?preview=yes");
    await expect(page.getByText("On every ferry.").first()).toBeVisible({ timeout: 500 });
  }).toPass({ timeout: 20_000 });
  await taken();
  await expect(page.getByRole("heading", { name: "What everybody would see" })).toBeVisible();
  expect((await page.request.get(`/@${handle}`)).ok()).toBe(true);
  expect(await (await page.request.get(`/@${handle}`)).text()).not.toContain("Lantern Ferry");
  await page.getByRole("button", { name: "Publish", exact: true }).click();
  await expect(page.getByText("Public", { exact: true })).toBeVisible();
  if (scripts) await inEveryLook(page, "the editor");
  const link = page.locator(`a[href="/@${handle}"]`).first();
  await link.click();
  await page.waitForURL(`**/@${handle}`);
  await expect(page.getByText("Small rooms, long tracks.")).toBeVisible();
  await expect(page.getByText("On every ferry.")).toBeVisible();
  await expect(page.getByRole("heading", { name: "Around the clock" })).toBeVisible();
  await expect(page.getByText("Seventh Stop"), "no section shows tracks").toHaveCount(0);
  if (scripts) await inEveryLook(page, "the public profile");
  const picture = await page.locator('meta[property="og:image"]').getAttribute("content");
  for (const address of [new URL(picture!).pathname, `/@${handle}/cards/artists-tall.png`]) {
    const card = await page.request.get(address);
    expect([card.status(), card.headers()["content-type"]]).toEqual([200, "image/png"]);
  }
  expect((await page.request.get(`/@${handle}/cards/tracks-wide.png`)).status()).toBe(404);

  await page.getByRole("link", { name: "Report this profile" }).click();
  await page.getByLabel("In your words").fill("This is me, trying it out.");
  await page.getByRole("button", { name: "Report", exact: true }).click();
  await expect(page.getByText("The operators have been told")).toBeVisible();

  await page.goto("/music/profile");
  await taken();
  await page.getByRole("button", { name: "Make it private" }).click();
  await expect(page.getByText("Private", { exact: true })).toBeVisible();
  expect((await page.request.get(`/@${handle}/cards/cover-wide.png`)).status()).toBe(404);
}
