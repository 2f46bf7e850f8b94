import type { Page } from "@playwright/test";
import { expect, hydrated, signIn } from "./support";

/** A history as Spotify hands it out: forty plays of a January, one of them broken off, one of a podcast. */
export function history(): Buffer {
  const songs = [["Seventh Stop", "Lantern Ferry"], ["Low Water, Slow Light", "Glasshouse Tide"], ["Carrier Wave", "North Quay Radio"]];
  const rows = Array.from({ length: 40 }, (_, place) => {
    const [track, artist] = songs[place % 3]!;
    const day = String(1 + Math.floor(place / 2)).padStart(2, "0");
    return {
      ts: `2024-01-${day}T20:${String(5 + (place % 2) * 10).padStart(2, "0")}:00Z`, ms_played: place === 7 ? 1_500 : 215_000,
      master_metadata_track_name: place === 9 ? null : track, master_metadata_album_artist_name: artist,
      master_metadata_album_album_name: "Ferries", spotify_track_uri: `spotify:track:${String(place % 3).repeat(22)}`,
      episode_name: place === 9 ? "An episode" : null, skipped: null, offline_timestamp: null,
    };
  });
  return Buffer.from(JSON.stringify(rows));
}

/** Until a page that is loaded again and again shows this. */
async function comes(page: Page, address: string, words: string | RegExp): Promise<void> {
  await expect(async () => {
    await page.goto(address);
    await expect(page.getByText(words).first()).toBeVisible({ timeout: 500 });
  }).toPass({ timeout: 40_000 });
}

/** From nothing, by a Last.fm name and a file, to statistics, and back to nothing of that name. */
export async function listen(page: Page, scripts: boolean): Promise<void> {
  const taken = async () => { if (scripts) await hydrated(page); };
  await signIn(page, "listener", { scripts });
  await taken();
  await page.getByRole("link", { name: "Music", exact: true }).click();
  await expect(page.getByRole("heading", { name: "Nothing is counted yet" })).toBeVisible();
  await page.getByRole("link", { name: "Add a source" }).click();
  await page.waitForURL(/\/music\/sources/);
  await taken();
  await page.getByLabel("Your Last.fm name").fill("nobody-here");
  await page.getByRole("button", { name: "Read what I play" }).first().click();
  await expect(page.getByText("Last.fm knows nobody by this name").first()).toBeVisible();
  await taken();
  await page.getByLabel("Your Last.fm name").fill("mira-okafor");
  await page.getByRole("button", { name: "Read what I play" }).first().click();
  await expect(page.getByRole("heading", { name: /Last.fm: mira-okafor/i })).toBeVisible();
  await comes(page, "/music/sources", "Played last");
  await expect(page.getByText("Unverified").first()).toBeVisible();

  await page.goto("/music/import");
  await taken();
  await page.getByLabel("Files", { exact: true }).setInputFiles({ name: "history.json", mimeType: "application/json", buffer: history() });
  await page.getByRole("button", { name: "Import", exact: true }).click();
  await page.waitForURL(/taken=1/);
  await comes(page, "/music/import", "40 rows: 38 plays added");
  await expect(page.getByText(/Left out: 1 .*, 1 /)).toBeVisible();

  await page.goto("/music?period=2024-01");
  await taken();
  await expect(page.getByRole("heading", { name: "Around the clock" })).toBeVisible();
  await expect(page.locator("dl.figures")).toContainText("38");
  // The table behind a chart is for everybody.
  await page.locator("figure").filter({ hasText: "Around the clock" }).getByText("Show as a table").click();
  await expect(page.getByRole("row", { name: "20:00 38" })).toBeVisible();
  await expect(page.locator("#artists")).toBeVisible();
}
