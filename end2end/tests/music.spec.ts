import { expect, inEveryLook, test } from "./support";
import { listen } from "./listening";

test("MU-42 a Last.fm name and a file become statistics that every screen shows", async ({ page, consoleErrors }) => {
  test.setTimeout(150_000);
  await listen(page, true);
  // The name that nobody has was refused.
  expect(consoleErrors.splice(0)).toEqual([expect.stringContaining("status of 422")]);
  await page.goto("/music?period=all");
  await inEveryLook(page);
  await page.goto("/music/sources");
  await inEveryLook(page);
  await page.goto("/music/import");
  await inEveryLook(page);
  const outside: string[] = [];
  page.on("request", (request) => { if (!request.url().startsWith(new URL(page.url()).origin)) outside.push(request.url()); });
  await page.goto("/music");
  await expect(page.getByRole("heading", { name: "Your music" })).toBeVisible();
  expect(outside, "the browser asks no service").toEqual([]);
});
