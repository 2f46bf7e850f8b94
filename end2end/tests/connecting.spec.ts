import AxeBuilder from "@axe-core/playwright";
import { type Page } from "@playwright/test";

import { expect, signIn, test } from "./support";

async function fine(page: Page, what: string): Promise<void> {
  for (const width of [390, 1280]) {
    await page.setViewportSize({ width, height: 800 });
    const { violations } = await new AxeBuilder({ page }).analyze();
    expect(violations.map((violation) => violation.id), `${what} at ${width} px`).toEqual([]);
    const wider = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    expect(wider, `${what} is cut off at ${width} px`).toBeLessThanOrEqual(0);
  }
}

for (const colorScheme of ["light", "dark"] as const) {
  test(`OA-20 The pages between ours and a consent page pass axe and fit a phone, ${colorScheme}`, async ({ page }) => {
    await page.emulateMedia({ colorScheme });
    await signIn(page, "between");
    await page.goto("/api/integrations/zendesk");
    await fine(page, "the form");
    await page.goto("/api/integrations/zendesk?subdomain=northbeam");
    await fine(page, "the page that names the host");
    await page.goto("/api/integrations/jira");
    await page.getByRole("button", { name: /allow/i }).click();
    await expect(page.getByRole("heading", { name: "Which site?" })).toBeVisible();
    await fine(page, "the choice");
    await page.getByRole("button", { name: "Connect" }).click();
    await page.waitForURL(/\/connections\?connected=jira/);
    // Another account in the place of the one that is connected.
    const details = page.locator("a[href^='/connections/']").filter({ hasText: "Details" }).first();
    const id = (await details.getAttribute("href"))!.split("/").pop();
    await page.goto(`/api/integrations/jira?reconnect=${id}`);
    await page.getByRole("radio", { name: /Jonas/ }).check();
    await page.getByRole("button", { name: /allow/i }).click();
    await expect(page.getByRole("heading", { name: "This is another Jira account" })).toBeVisible();
    await fine(page, "the page about another account");
    await page.getByRole("button", { name: "Leave it as it was" }).click();
    await page.waitForURL(/\/connections\?cancelled=jira/);
  });
}
