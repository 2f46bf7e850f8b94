import { expect, freshAddress, newestMail, signIn, test } from "./support";

test.use({ viewport: { width: 390, height: 800 } });

test("US-14 Asking for another address, stopping that, and deleting the account need no script, on a phone", async ({ page }) => {
  await signIn(page, "leaver", { scripts: false });
  await page.goto("/settings");
  const address = (await page.locator("dl.facts dd").first().textContent())!;
  const next = freshAddress("another");
  const cookies = await page.context().cookies();
  await page.context().clearCookies();

  // Somebody else asks, on the sign-in page.
  await page.goto("/signin");
  await page.getByRole("link", { name: "I cannot reach my mailbox" }).click();
  await page.getByLabel("Address of your account").fill(address);
  await page.getByLabel("New address").fill(address);
  await page.getByLabel("What happened").fill("It was closed");
  await page.getByRole("button", { name: "Send a code to the new address" }).click();
  await expect(page.getByText("This is the mailbox that you cannot open.")).toBeVisible();
  await expect(page.getByLabel("What happened")).toHaveValue("It was closed");
  await page.getByLabel("New address").fill(next);
  await page.getByRole("button", { name: "Send a code to the new address" }).click();
  const code = (await newestMail(next)).code!;
  await page.getByLabel("Six-digit code").fill(code === "000000" ? "000001" : "000000");
  await page.getByRole("button", { name: "Confirm" }).click();
  await expect(page.getByText("This is not the code of the newest mail.")).toBeVisible();
  await page.getByLabel("Six-digit code").fill(code);
  await page.getByRole("button", { name: "Confirm" }).click();
  await expect(page.getByRole("heading", { name: "Now it waits for a week" })).toBeVisible();

  // The owner hears of it on every page and in the mailbox, and stops it.
  await page.context().addCookies(cookies);
  await page.goto("/connections");
  await expect(page.getByText("Somebody who says that they cannot open your mailbox")).toBeVisible();
  const stop = (await newestMail(address)).links.find((link) => link.includes("/stop-recovery"));
  await page.goto(new URL(stop!).pathname + new URL(stop!).search);
  await page.getByRole("button", { name: "Stop it" }).click();
  await expect(page.getByRole("heading", { name: "It is stopped" })).toBeVisible();
  await page.goto("/settings");
  await expect(page.getByText("Somebody who says that they cannot open your mailbox")).toHaveCount(0);

  // Then they leave: once they look at it again, and once for good.
  await page.getByRole("button", { name: "Delete account" }).first().click();
  await page.getByRole("button", { name: "Keep it" }).click();
  await page.getByRole("button", { name: "Delete account" }).first().click();
  await page.getByRole("dialog", { name: "Delete your account?" }).getByRole("button", { name: "Delete account" }).click();
  await page.waitForURL(/\/signin\?left=yes/);
  await expect(page.getByText("Your account will be removed in a week")).toBeVisible();
  await page.goto("/settings");
  await page.waitForURL(/\/signin/);
});
