import type { Page } from "@playwright/test";
import { expect, hydrated, inEveryLook, signIn } from "./support";

/** A typed list; the fourth line is nowhere, and nobody says which length of the third is meant. */
const LIST = [
  "Paper Lanterns - Harbour Lights", "Night Ferry - Gate B12", "The Slow Tides - Undertow", "Nobody - Nothing Like This",
  "Paper Lanterns - Harbour Lights",
].join("\n");

async function comes(page: Page, words: string | RegExp): Promise<void> {
  const address = page.url();
  await expect(async () => {
    await page.goto(address);
    await expect(page.getByText(words).first()).toBeVisible({ timeout: 500 });
  }).toPass({ timeout: 60_000 });
}

/** From a list to a playlist at Spotify by one's own app, a choice, and back to nothing there. */
export async function exportAList(page: Page, scripts: boolean): Promise<void> {
  const taken = async () => { if (scripts) await hydrated(page); };
  await signIn(page, "exporter", { scripts });
  await page.goto("/connections/apps/spotify");
  await taken();
  await page.getByLabel("Client id").fill("0000000000000000000000000000a001");
  await page.getByLabel("Client secret (optional)").fill("own-app-secret");
  await page.getByRole("button", { name: "Check and keep" }).click();
  await expect(page.getByText("Ready", { exact: true })).toBeVisible();
  await page.getByRole("link", { name: "Connect by this app" }).click();
  await page.getByRole("button", { name: "Allow", exact: true }).click();
  await page.waitForURL(/\/connections\?connected=spotify/);

  await page.goto("/music/playlists");
  await taken();
  const form = page.locator("form:has(textarea)");
  await form.getByLabel("Name").fill("Evenings at the harbour");
  await form.locator("textarea").fill(LIST);
  await page.getByRole("button", { name: "Make a playlist of this list" }).click();
  await page.waitForURL(/\/music\/playlists\/[0-9a-f-]{36}/);
  await expect(page.getByText("Harbour Lights").first()).toBeVisible();
  // Playlists are asked for only now, and the consent comes back here.
  await page.getByRole("link", { name: "Allow playlists" }).click();
  await page.getByRole("button", { name: "Allow", exact: true }).click();
  await page.waitForURL(/\/music\/playlists\/[0-9a-f-]{36}/);
  await taken();
  await page.getByRole("button", { name: "Export", exact: true }).click();
  await expect(page.getByText(/at Spotify, begun/).first()).toBeVisible();
  await comes(page, "3 of 5 tracks there");
  await expect(page.getByText("1 for you to choose")).toBeVisible();
  await expect(page.getByText("Not found at Spotify")).toBeVisible();
  if (scripts) await inEveryLook(page, "a playlist with an export");
  await taken();
  await page.getByRole("button", { name: /Take Undertow .* \(3:18\)/ }).click();
  await comes(page, "4 of 5 tracks there");
  await expect(page.getByText("Read back: it is as it was written.")).toBeVisible();

  const [file] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name: "XSPF" }).click()]);
  expect(file.suggestedFilename()).toBe("Evenings-at-the-harbour.xspf");

  await taken();
  await page.getByText("Take it back").first().click();
  await page.getByRole("button", { name: "Take it back" }).last().click();
  await comes(page, "Taken back");
}
