import { inEveryLook, signIn, test } from "./support";
import { exportAList } from "./exporting";

test("MU-80 a list becomes a playlist at Spotify by one's own app, and is taken back", async ({ page }) => {
  test.setTimeout(180_000);
  await exportAList(page, true);
});

test("MU-87 the page of playlists holds on every screen", async ({ page }) => {
  await signIn(page, "playlists");
  await page.goto("/music/playlists");
  await inEveryLook(page, "playlists");
});
