import { expect, signIn, test } from "./support";

test("KY-25 A key is refused, mended and connected without JavaScript, and only what is no secret comes back", async ({ page }) => {
  await signIn(page, "plain-key", { scripts: false });
  await page.goto("/connections/add/freshdesk");
  await expect(page.getByRole("heading", { name: "Freshdesk" })).toBeVisible();
  await page.getByLabel("Freshdesk subdomain").fill("northbeam");
  await page.getByLabel("API key").fill("canary-of-a-key");
  await page.getByRole("button", { name: "Check and connect" }).click();
  await expect(page.getByText("Freshdesk does not accept this key")).toBeVisible();
  await expect(page.getByLabel("Freshdesk subdomain")).toHaveValue("northbeam");
  await expect(page.getByLabel("API key")).toHaveValue("");
  expect(page.url()).not.toContain("canary");
  expect(await page.content()).not.toContain("canary-of-a-key");
  await page.getByLabel("API key").fill("sandbox-freshdesk-key");
  await page.getByRole("button", { name: "Check and connect" }).click();
  await page.waitForURL(/\/connections\?connected=freshdesk/);
  await expect(page.getByText("mira@northbeam.example").first()).toBeVisible();
});
