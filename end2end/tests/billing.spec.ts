import type { Page } from "@playwright/test";
import { expect, hydrated, SANDBOX, signIn, SOME_VARIANTS, test, violations } from "./support";

test.describe.configure({ mode: "serial" });

/** Whether Stripe tells what happens. */
async function events(on: boolean): Promise<void> {
  const answer = await fetch(`${SANDBOX}/_sandbox/stripe/knobs`, {
    method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ off: !on }),
  });
  expect(answer.ok, await answer.text()).toBe(true);
}

test.afterAll(() => events(true));

/** From the plans to Stripe's page, by the form of the page. */
async function toCheckout(page: Page): Promise<void> {
  await page.goto("/billing/plans");
  await page.getByRole("button", { name: /^(Try Pro for|Buy Pro by the month)/ }).first().click();
  await expect(page.getByRole("heading", { name: "Subscribe" })).toBeVisible({ timeout: 20_000 });
}

async function pay(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Pay", exact: true }).click();
}

async function clean(page: Page): Promise<void> {
  expect(await violations(page)).toEqual([]);
}

test("BP-1 A plan is bought, changed, cancelled and resumed, though no event of Stripe's ever comes", async ({ page }) => {
  test.setTimeout(180_000);
  await events(false);
  await signIn(page, "subscriber");
  await toCheckout(page);

  // A card that is declined, and one whose owner turns 3-D Secure down: the page stays, and takes another.
  await page.getByRole("button", { name: "Card is declined" }).click();
  await expect(page.getByText(/declined/i).first()).toBeVisible();
  await page.getByRole("button", { name: "Ask for 3-D Secure" }).click();
  await page.getByRole("button", { name: "Fail" }).click();
  await expect(page.getByRole("heading", { name: "Subscribe" })).toBeVisible();
  await page.getByRole("button", { name: "Ask for 3-D Secure" }).click();
  await page.getByRole("button", { name: "Confirm" }).click();

  await page.waitForURL(/\/billing\/success\?session_id=/);
  const told = /Nothing is paid until \d+ \w+\. Then Pro costs €18 a month/;
  await expect(page.getByText("Pro is yours from now on.")).toContainText(told);
  await page.getByRole("link", { name: "Your plan" }).click();
  await expect(page.getByText("Trial", { exact: true })).toBeVisible();
  await expect(page.getByText(told)).toBeVisible();
  await expect(page.getByText("0 of 68")).toBeVisible();

  // Up, for the amount that is shown: in a trial it is paid when that ends.
  await page.goto("/billing/plans");
  await hydrated(page);
  await page.getByText("Yearly", { exact: true }).click();
  await page.getByRole("link", { name: "Change to Pro, yearly" }).click();
  await expect(page.getByText(/^Nothing is charged now, and the trial goes on until/)).toBeVisible();
  await page.getByRole("button", { name: "Change now" }).click();
  await expect(page.getByText("Your plan is changed.")).toBeVisible({ timeout: 20_000 });
  await expect(page.getByText("a year").first()).toBeVisible();

  await page.getByRole("button", { name: "Cancel plan" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Cancel plan" }).click();
  await expect(page.getByText("The plan is cancelled.")).toBeVisible({ timeout: 20_000 });
  await expect(page.getByText("Ends", { exact: true })).toBeVisible();
  await page.getByRole("button", { name: "Resume plan" }).click();
  await expect(page.getByText("The plan goes on as it was.")).toBeVisible({ timeout: 20_000 });

  for (const { width, colorScheme } of SOME_VARIANTS) {
    await page.setViewportSize({ width, height: 900 });
    await page.emulateMedia({ colorScheme });
    for (const path of ["/billing", "/billing/plans", "/billing/plans?plan=pro&period=monthly&seats=1"]) {
      await page.goto(path);
      await hydrated(page);
      await clean(page);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      expect(wide, `${path} at ${width}`).toBeLessThanOrEqual(0);
    }
  }
  await events(true);
});

test("BP-2 Leaving Stripe's page says that nothing was charged, and leads on", async ({ page }) => {
  await signIn(page, "undecided");
  await toCheckout(page);
  await page.getByRole("button", { name: "Back", exact: true }).click();
  await page.waitForURL(/\/billing\/cancelled\?checkout=/);
  await expect(page.getByText("Nothing was charged")).toBeVisible();
  await clean(page);
  await page.getByRole("link", { name: "Go on to payment" }).click();
  await expect(page.getByRole("heading", { name: "Subscribe" })).toBeVisible({ timeout: 20_000 });
  await pay(page);
  await page.waitForURL(/\/billing\/success/);
  await expect(page.getByText("Pro is yours from now on.")).toBeVisible();
  await clean(page);
});

test("BP-3 Prices are shown without a script, by the month and by the year", async ({ page }) => {
  await page.goto("/pricing");
  await expect(page.locator(".price.monthly").first()).toBeVisible();
  await page.getByText("Yearly", { exact: true }).click();
  await expect(page.locator(".price.yearly").first()).toBeVisible();
  await expect(page.locator(".price.monthly").first()).toBeHidden();
});
