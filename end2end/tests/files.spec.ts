import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { Browser, Page } from "@playwright/test";
import { expect, hydrated, signIn, test, violations } from "./support";

const PICTURE = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAEklEQVR4nGP4z8CgoKAAwkAAABMBAiAjWv6/AAAAAElFTkSuQmCC",
  "base64",
);
const NUMBERS = Buffer.from(randomBytes(200_000).toString("hex"));
// As long as a name can be, without a place to break it.
const LONG = `${"a_very_long_name_".repeat(12).slice(0, 196)}.txt`;

async function send(page: Page, files: { name: string; mimeType: string; buffer: Buffer }[]): Promise<void> {
  await page.getByLabel("Files", { exact: true }).setInputFiles(files);
  await page.getByRole("button", { name: "Upload" }).click();
  await page.waitForURL(/\/settings\/files\?file=/);
}

async function saved(page: Page, name: string): Promise<Buffer> {
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("link", { name: `Download ${name}` }).click(),
  ]);
  expect(download.suggestedFilename()).toBe(name);
  return readFile(await download.path());
}

/** Finds the page, keeps two files, has one refused, gets one back whole and deletes it. */
async function keepFiles(page: Page, scripts: boolean): Promise<void> {
  const taken = async () => { if (scripts) await hydrated(page); };
  await signIn(page, "keeper", { scripts });
  await taken();
  await page.getByRole("link", { name: "Settings" }).click();
  await page.getByRole("navigation", { name: "Settings" }).getByRole("link", { name: "Files" }).click();
  await expect(page.getByText("Nothing is kept here yet.")).toBeVisible();
  await expect(page.getByText("0 bytes of 5 GB used.")).toBeVisible();

  await send(page, [
    { name: "numbers.csv", mimeType: "text/csv", buffer: NUMBERS },
    { name: "picture.png", mimeType: "image/png", buffer: PICTURE },
  ]);
  await taken();
  await expect(page.getByText("Your 2 files are kept.")).toBeVisible();
  await expect(page.getByText("390.6 KB of 5 GB used.")).toBeVisible();
  expect((await saved(page, "numbers.csv")).equals(NUMBERS)).toBe(true);
  expect((await saved(page, "picture.png")).equals(PICTURE)).toBe(true);

  // What is refused says why, and does not stop what came with it.
  await send(page, [{ name: "page.html", mimeType: "text/html", buffer: Buffer.from("<p>no</p>") }]);
  await expect(page.getByRole("alert").getByText("Files with this extension are not taken.")).toBeVisible();
  await send(page, [
    { name: "false.png", mimeType: "image/png", buffer: Buffer.from("no picture at all") },
    { name: LONG, mimeType: "text/plain", buffer: Buffer.from("fine") },
  ]);
  await taken();
  await expect(page.getByRole("alert").getByText("One file is kept, what else you sent is not.")).toBeVisible();
  await expect(page.getByRole("alert").getByText("is not what its name says")).toBeVisible();
  await expect(page.getByText(LONG, { exact: true })).toBeVisible();
  await expect(page.locator(".rows.files > .row")).toHaveCount(3);

  const row = page.locator(".rows.files > .row").filter({ hasText: "numbers.csv" });
  const question = page.getByRole("dialog", { name: "Delete «numbers.csv»?" });
  await row.getByRole("button", { name: "Delete" }).first().click();
  await question.getByRole("button", { name: "Cancel" }).click();
  await expect(question).toBeHidden();
  await expect(row).toBeVisible();
  await row.getByRole("button", { name: "Delete" }).first().click();
  await question.getByRole("button", { name: "Delete" }).click();
  await expect(page.getByText("The file is deleted.")).toBeVisible();
  await expect(page.locator(".rows.files > .row")).toHaveCount(2);
  await expect(page.getByRole("alert")).toHaveCount(0);
  await page.reload();
  await taken();
  await expect(page.getByText("numbers.csv")).toHaveCount(0);
  expect((await saved(page, LONG)).toString()).toBe("fine");
}

/** A long name and an open question at 390 px: all of it can be seen, and axe finds nothing. */
async function looks(page: Page): Promise<void> {
  await page.setViewportSize({ width: 390, height: 800 });
  await page.emulateMedia({ reducedMotion: "reduce" });
  await page.getByRole("button", { name: "Delete" }).first().click();
  await expect(page.getByRole("dialog")).toBeVisible();
  expect(await violations(page)).toEqual([]);
  expect(await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)).toBeLessThanOrEqual(0);
}

async function withoutScripts(browser: Browser): Promise<Page> {
  const context = await browser.newContext({
    baseURL: process.env.AURA_URL ?? "http://127.0.0.1:3000",
    javaScriptEnabled: false,
    extraHTTPHeaders: { "x-forwarded-for": "198.18.200.7" },
  });
  return context.newPage();
}

test("FI-10 Files are kept, refused, saved byte for byte and deleted on their page, with and without JavaScript", async ({ page, browser }) => {
  await keepFiles(page, true);
  await looks(page);
  const plain = await withoutScripts(browser);
  await keepFiles(plain, false);
  await plain.context().close();
});
