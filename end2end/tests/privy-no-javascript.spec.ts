import { expect, freshAddress, SANDBOX, test } from "./support";
import { Issuer } from "./privy/issuer";

const issuer = Issuer.shared(SANDBOX);

test("PV-26 Signing in by way of Privy works without JavaScript, by a code and by a consent page", async ({ page }) => {
  const address = freshAddress("privy-plain");
  await page.goto("/signin");
  await page.getByText("Sign in with Privy", { exact: true }).click();
  await page.getByLabel("Address at Privy").fill(address);
  await page.getByRole("button", { name: "Send a code by mail" }).click();
  await page.waitForURL(/\/signin\/privy/);
  await page.getByLabel("Six-digit code").fill(await issuer.mailed(address));
  await page.getByRole("button", { name: "Continue", exact: true }).click();
  await page.waitForURL(/\/chat/);
  const other = freshAddress("privy-plain-spotify");
  await page.context().clearCookies();
  await page.goto("/signin");
  await page.getByText("Sign in with Privy", { exact: true }).click();
  await page.getByRole("link", { name: /Privy: Spotify/ }).click();
  await page.getByLabel("Address of somebody else").fill(other);
  await page.getByRole("button", { name: "Allow" }).click();
  await page.waitForURL(/\/chat/);
  const { linkedAccounts } = await (await page.request.get("/api/auth/me")).json();
  expect(linkedAccounts).toEqual([{ type: "spotify_oauth", label: other.split("@")[0] }]);
});
