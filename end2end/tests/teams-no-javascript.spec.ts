import { expect, freshAddress, newestMail, signIn, test } from "./support";

test("TE-19 A team is made, somebody invited who accepts, removed, and the team closed, without JavaScript", async ({ page, browser, baseURL }) => {
  const colleague = freshAddress("plain-guest");
  await signIn(page, "plain-owner", { scripts: false });
  await page.goto("/team/new");
  await page.getByLabel("Name").fill("The day shift");
  await page.getByRole("button", { name: "Make the team" }).click();
  await expect(page.getByText("Your team is there.")).toBeVisible();
  await page.getByLabel("E-mail address").fill(colleague);
  await page.getByRole("button", { name: "Send invitation" }).click();
  await expect(page.getByText("The invitation is on its way.")).toBeVisible();

  const context = await browser.newContext({ baseURL, javaScriptEnabled: false, extraHTTPHeaders: { "x-forwarded-for": "198.19.7.2" } });
  const guest = await context.newPage();
  const link = new URL((await newestMail(colleague)).links.find((candidate) => candidate.includes("/team/join"))!);
  await guest.goto(link.pathname + link.search);
  await guest.getByRole("link", { name: "Sign in to join" }).click();
  await guest.getByLabel("E-mail address").fill(colleague);
  await guest.getByRole("button", { name: "Send code" }).click();
  await guest.waitForURL(/\/verify-email/);
  await expect.poll(async () => (await newestMail(colleague)).code).toMatch(/^\d{6}$/);
  await guest.getByLabel(/code/i).fill((await newestMail(colleague)).code!);
  await guest.getByRole("button", { name: "Continue" }).click();
  await guest.getByRole("button", { name: "Join the team" }).click();
  await expect(guest.getByText("You are in.")).toBeVisible();

  // The switcher is a plain form.
  await guest.getByRole("button", { name: "Team: The day shift. Switch" }).click();
  await guest.locator("#team-menu").getByRole("button", { name: "Personal" }).click();
  await expect(guest.getByRole("button", { name: "Team: Personal. Switch" })).toBeVisible();

  await page.goto("/team");
  await expect(page.getByText("2 of 3 seats taken")).toBeVisible();
  await page.getByRole("button", { name: "Remove", exact: true }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Remove" }).click();
  await expect(page.getByText("They are no longer in the team.")).toBeVisible();
  await guest.goto("/notifications");
  await expect(guest.getByText("You are no longer in «The day shift»")).toBeVisible();
  await context.close();

  await page.getByRole("button", { name: "Close the team" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Close the team" }).click();
  await expect(page.getByText("The team is closed.")).toBeVisible();
});
