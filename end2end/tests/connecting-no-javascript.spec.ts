import { expect, signIn, test } from "./support";

test("CN-29 Saying where one is, going on, consenting and choosing a place work without JavaScript", async ({ page, consoleErrors }) => {
  await signIn(page, "tenant", { scripts: false });
  // Where one is at the service: asked for, refused with a reason, then named before the way is taken.
  await page.goto("/api/integrations/zendesk");
  const field = page.getByLabel("Zendesk subdomain");
  await field.fill("evil.example");
  await page.getByRole("button", { name: "Go on" }).click();
  await expect(page.getByRole("alert")).toContainText("does not look right for Zendesk");
  await expect(field).toHaveValue("evil.example");
  expect(consoleErrors.splice(0)).toEqual([expect.stringContaining("status of 422")]);
  await field.fill("northbeam");
  await page.getByRole("button", { name: "Go on" }).click();
  await expect(page.getByText("You sign in at northbeam.zendesk.com next.")).toBeVisible();
  await page.getByRole("link", { name: "Go on to northbeam.zendesk.com" }).click();
  await page.getByRole("button", { name: /allow/i }).click();
  await page.waitForURL(/\/connections\?connected=zendesk/);
  await expect(page.getByText("Zendesk is connected.")).toBeVisible();

  // One consent, two sites.
  await page.goto("/api/integrations/jira");
  await page.getByRole("button", { name: /allow/i }).click();
  await expect(page.getByRole("heading", { name: "Which site?" })).toBeVisible();
  await page.getByRole("radio", { name: /tideway/ }).check();
  await page.getByRole("button", { name: "Connect" }).click();
  await page.waitForURL(/\/connections\?connected=jira/);
  await expect(page.getByText("Jira is connected.")).toBeVisible();
});
