import type { Browser } from "@playwright/test";
import { expect, hydrated, inEveryLook, signIn, test } from "./support";
import { history } from "./listening";

/** From a file to a text that a model wrote, and to a recap. */
async function write(browser: Browser, scripts: boolean): Promise<void> {
  const context = await browser.newContext({ javaScriptEnabled: scripts });
  const page = await context.newPage();
  const taken = async () => { if (scripts) await hydrated(page); };
  await signIn(page, "taste", { scripts });
  await page.goto("/music/import");
  await taken();
  // The same plays, a month ago, so that they are of the last year.
  const recent = JSON.parse(history().toString()).map((row: { ts: string }, place: number) => {
    return { ...row, ts: new Date(Date.now() - (40 + place) * 86_400_000).toISOString().replace(/\.\d+/, "") };
  });
  const buffer = Buffer.from(JSON.stringify(recent));
  await page.getByLabel("Files", { exact: true }).setInputFiles({ name: "history.json", mimeType: "application/json", buffer });
  await page.getByRole("button", { name: "Import", exact: true }).click();
  await page.waitForURL(/taken=1/);
  await expect(async () => {
    await page.goto("/music/import");
    await expect(page.getByText("40 rows: 38 plays added").first()).toBeVisible({ timeout: 500 });
  }).toPass({ timeout: 40_000 });

  await page.goto("/music/taste");
  await taken();
  await expect(page.getByText("Nothing goes before you press.")).toBeVisible();
  await page.getByRole("button", { name: "Write a bio" }).click();
  // What the model made up at first is nowhere; what it was told is.
  await expect(page.getByText(/^Nobody is with you more than (Lantern Ferry|Glasshouse Tide|North Quay Radio): 1[234] plays of 38\.$/)).toBeVisible();
  await expect(page.getByText("Velvet Harbour Parade")).toHaveCount(0);
  await expect(page.getByText(/^Written by .*, from 38 plays\.$/)).toBeVisible();
  await page.reload();
  await taken();
  await expect(page.getByText(/1[234] plays of 38/)).toBeVisible();
  if (scripts) await inEveryLook(page, "texts about a taste");
  await page.goto("/music/recap?period=12m");
  await taken();
  await expect(page.getByText(/^You played music 38 times/)).toBeVisible();
  if (scripts) await inEveryLook(page, "a recap");
  await context.close();
}

test("MU-51 a model writes about a history when it is asked to, from what was counted", async ({ browser }) => {
  test.setTimeout(120_000);
  await write(browser, true);
});

test("MU-52 the same without JavaScript", async ({ browser }) => {
  test.setTimeout(120_000);
  await write(browser, false);
});
