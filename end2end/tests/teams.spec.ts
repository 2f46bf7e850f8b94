import type { Browser, Page } from "@playwright/test";
import { expect, freshAddress, hydrated, newestMail, ready, test, violations } from "./support";

/** The path of the link in the newest invitation to somebody. */
async function invitation(address: string): Promise<string> {
  const mailed = (await newestMail(address)).links.find((link) => link.includes("/team/join"))!;
  const link = new URL(mailed);
  return link.pathname + link.search;
}

/** Signs in with this address, and ends where `next` leads. */
async function signInAs(page: Page, address: string, next = "/chat"): Promise<void> {
  await page.goto(next === "/chat" ? "/signin" : `/signin?next=${next}`);
  await ready(page);
  await page.getByLabel("E-mail address").fill(address);
  await page.getByRole("button", { name: "Send code" }).click();
  await page.waitForURL(/\/verify-email/);
  await ready(page);
  await page.getByLabel(/code/i).fill((await newestMail(address)).code!);
  await page.getByRole("button", { name: "Continue" }).click();
  await page.waitForURL(new RegExp(next));
}

async function another(browser: Browser, address: string): Promise<Page> {
  const context = await browser.newContext({
    baseURL: process.env.AURA_URL ?? "http://127.0.0.1:3000",
    extraHTTPHeaders: { "x-forwarded-for": address },
  });
  return context.newPage();
}

async function clean(page: Page): Promise<void> {
  expect(await violations(page)).toEqual([]);
}

test("TE-18 A colleague who is invited accepts, both see the team, and it is given away and left", async ({ page, browser }) => {
  test.setTimeout(120_000);
  const [owner, colleague] = [freshAddress("team-owner"), freshAddress("team-guest")];
  await signInAs(page, owner);
  await page.goto("/team/new");
  await hydrated(page);
  await page.getByLabel("Name").fill("The night shift");
  await page.getByRole("button", { name: "Make the team" }).click();
  await expect(page.getByText("Your team is there.")).toBeVisible();
  // Who makes a team works for it.
  await expect(page.getByRole("button", { name: "Team: The night shift. Switch" })).toBeVisible();
  await page.getByLabel("E-mail address").fill(colleague);
  await page.getByRole("button", { name: "Send invitation" }).click();
  await expect(page.getByText("The invitation is on its way.")).toBeVisible();
  await expect(page.getByText(colleague)).toBeVisible();
  await expect(page.getByText("1 of 3 seats taken")).toBeVisible();
  await clean(page);

  // In another browser, by somebody without an account.
  const guest = await another(browser, "198.51.100.7");
  await guest.goto(await invitation(colleague));
  await expect(guest).toHaveURL(/\/team\/join$/);
  await expect(guest.getByRole("heading", { name: "Join «The night shift»" })).toBeVisible();
  await clean(guest);
  await guest.getByRole("link", { name: "Sign in to join" }).click();
  await ready(guest);
  await guest.getByLabel("E-mail address").fill(colleague);
  await guest.getByRole("button", { name: "Send code" }).click();
  await guest.waitForURL(/\/verify-email/);
  await ready(guest);
  await expect.poll(async () => (await newestMail(colleague)).code).toMatch(/^\d{6}$/);
  await guest.getByLabel(/code/i).fill((await newestMail(colleague)).code!);
  await guest.getByRole("button", { name: "Continue" }).click();
  await guest.waitForURL(/\/team\/join$/);
  await clean(guest);
  await guest.getByRole("button", { name: "Join the team" }).click();
  await expect(guest.getByText("You are in.")).toBeVisible();
  await hydrated(guest);
  await expect(guest.getByText("2 of 3 seats taken")).toBeVisible();
  await expect(guest.getByRole("button", { name: "Send invitation" })).toHaveCount(0);
  await expect(guest.getByRole("button", { name: "Close the team" })).toHaveCount(0);
  await clean(guest);

  // The owner sees them, and gives the team away.
  await page.reload();
  await hydrated(page);
  await expect(page.getByText("2 of 3 seats taken")).toBeVisible();
  await page.getByText("Choose the new owner").click();
  await page.getByRole("button", { name: "Choose", exact: true }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Give the team" }).click();
  await expect(page.getByText("The team has a new owner.")).toBeVisible();
  await expect(page.getByText("You are an admin here.")).toBeVisible();

  // And leaves it.
  await page.getByRole("button", { name: "Leave the team" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Leave", exact: true }).click();
  await expect(page.getByText("You have left the team.")).toBeVisible();
  await expect(page.getByRole("heading", { name: "Personal team" })).toBeVisible();
  await clean(page);

  // The new owner hears of both, and switches to their own.
  await guest.reload();
  await expect(guest.getByText("You are the owner here.")).toBeVisible();
  await expect(guest.getByText("1 of 3 seats taken")).toBeVisible();
  await hydrated(guest);
  await guest.getByRole("button", { name: "Team: The night shift. Switch" }).click();
  await guest.locator("#team-menu").getByRole("button", { name: "Personal" }).click();
  await expect(guest.getByRole("button", { name: "Team: Personal. Switch" })).toBeVisible();
  await guest.context().close();
});
