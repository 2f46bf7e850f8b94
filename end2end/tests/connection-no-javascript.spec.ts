import { connect, expect, signIn, test } from "./support";

test("CP-8 Keeping a connection from models and ending it work without JavaScript", async ({ page, consoleErrors }) => {
  await signIn(page, "plain-connection", { scripts: false });
  await connect(page, "GitHub");
  await page.getByRole("link", { name: /^Details of GitHub/ }).click();
  await page.waitForURL(/\/connections\/[0-9a-f-]{36}$/);
  const here = page.url();
  await expect(page.getByText("It works.")).toBeVisible();
  await page.getByRole("button", { name: "Keep it from the model" }).click();
  await expect(page.getByText("What is read here is never sent to the model.")).toBeVisible();
  expect(page.url()).toBe(here);
  await expect(page.getByRole("region", { name: "Log" })).toContainText("You keep what is read from models");
  await page.getByRole("button", { name: "Let the model see it" }).click();
  await expect(page.getByRole("button", { name: "Keep it from the model" })).toBeVisible();

  // The question opens without a script, what is harmless stands first in it, and it can be left as it was.
  await page.getByRole("button", { name: "Disconnect GitHub" }).click();
  const question = page.locator("dialog[open], [popover]:popover-open");
  await expect(question).toContainText("deletes the stored tokens");
  await expect(question.getByRole("button").first()).toHaveText("Keep it");
  await question.getByRole("button", { name: "Keep it" }).click();
  await expect(question).toHaveCount(0);
  await page.getByRole("button", { name: "Disconnect GitHub" }).click();
  await question.getByLabel("Also delete what was read through it").check();
  await question.getByRole("button", { name: "Disconnect GitHub" }).click();
  await page.waitForURL(/\/connections\?disconnected=github/);
  await expect(page.getByText(/GitHub is disconnected/)).toBeVisible();
  expect((await page.goto(here))?.status()).toBe(404);
  consoleErrors.splice(0, consoleErrors.length);
  await expect(page.getByText("This connection does not exist, or it is not yours.")).toBeVisible();
});
