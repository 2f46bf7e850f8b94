import { expect, signIn, test } from "./support";

const PAGE = "/connections/apps/spotify";

test("OW-14 An app of one's own is refused, mended and connected without JavaScript, and its secret never comes back", async ({ page }) => {
  await signIn(page, "own-app", { scripts: false });
  await page.goto(PAGE);
  await expect(page.getByRole("heading", { name: "Your own Spotify app" })).toBeVisible();
  const redirect = await page.getByLabel("Redirect address: give the app exactly this one").inputValue();
  expect(redirect).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/api\/spotify\/callback$/);
  await page.getByLabel("Client id").fill("0000000000000000000000000000a001");
  await page.getByLabel("Client secret (optional)").fill("canary-of-a-secret");
  await page.getByRole("button", { name: "Check and keep" }).click();
  await expect(page.getByText("the secret is not its own")).toBeVisible();
  await expect(page.getByLabel("Client id")).toHaveValue("0000000000000000000000000000a001");
  expect(page.url()).not.toContain("canary");
  expect(await page.content()).not.toContain("canary-of-a-secret");
  await page.getByLabel("Client secret (optional)").fill("own-app-secret");
  await page.getByRole("button", { name: "Check and keep" }).click();
  await expect(page.getByText("Ready", { exact: true })).toBeVisible();
  await page.getByRole("link", { name: "Connect by this app" }).click();
  await page.getByRole("button", { name: "Allow", exact: true }).click();
  await page.waitForURL(/\/connections\?connected=spotify/);
  await page.goto(PAGE);
  await expect(page.getByText("One account is connected by it.")).toBeVisible();
  expect(await page.content()).not.toContain("own-app-secret");
});
