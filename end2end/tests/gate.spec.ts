import { expect, freshAddress, hydrated, ready, signIn, test } from "./support";

test("GP-6 A form in front of the app is sent once, says that it is, and comes back with its address and what was typed", async ({ page }) => {
  let posts = 0;
  let answer: () => void = () => {};
  const held = new Promise<void>((done) => { answer = done; });
  await page.route("**/api/identity/start-sign-in", async (route) => {
    posts += 1;
    await held;
    await route.continue();
  });
  await page.goto("/signin?next=/connections");
  await ready(page);
  expect(await page.locator("input[name=time_zone]").inputValue()).toBe(await page.evaluate(() => Intl.DateTimeFormat().resolvedOptions().timeZone));
  // A browser takes this for an address, and we do not.
  await page.getByLabel("E-mail address").fill("mira@localhost");
  const button = page.getByRole("button", { name: "Send code" });
  // Within the page, because the driver waits for what has been sent.
  const busy = await page.evaluate(async () => {
    const button = document.querySelector("form button") as HTMLButtonElement;
    const wait = () => new Promise((done) => setTimeout(done, 300));
    button.click();
    await wait();
    const busy = button.getAttribute("aria-busy");
    button.click();
    await wait();
    return busy;
  });
  expect(busy).toBe("true");
  answer();
  await expect(page.getByText("It looks like name@example.com")).toBeVisible();
  await ready(page);
  expect(posts).toBe(1);
  expect(new URL(page.url()).search).toBe("?next=/connections");
  await expect(page.getByLabel("E-mail address")).toHaveValue("mira@localhost");
  await expect(page.getByLabel("E-mail address")).toBeFocused();
  await expect(button).not.toHaveAttribute("aria-busy");
  await page.reload();
  await expect(page.getByText("It looks like name@example.com")).toHaveCount(0);
});

test("GP-7 The seconds to the next code run down, and none of these pages asks for WebAssembly", async ({ page }) => {
  const code: string[] = [];
  page.on("request", (request) => { if (/wasm|\/pkg\/.*\.js/.test(request.url())) code.push(request.url()); });
  await page.goto("/signin");
  await ready(page);
  await page.getByLabel("E-mail address").fill(freshAddress("seconds"));
  await page.getByRole("button", { name: "Send code" }).click();
  await page.waitForURL(/\/verify-email$/);
  await ready(page);
  const left = page.getByText(/possible in \d+ seconds?/);
  const seconds = async () => Number(/possible in (\d+)/.exec((await left.textContent()) ?? "")?.[1]);
  const first = await seconds();
  expect(first).toBeGreaterThan(2);
  await expect.poll(seconds).toBeLessThan(first);
  for (const path of ["/signin/privy", "/refresh", "/undo-email"]) {
    await page.goto(path);
    await ready(page);
  }
  expect(code).toEqual([]);
});

test("GP-8 An act of the app that needs a proof leads out of it, to the page that asks for one", async ({ page, consoleErrors }) => {
  await signIn(page, "prover");
  const [confirm, act] = ["/settings/confirm?next=/settings/security", "/api/identity/start-email-change"];
  // As the server answers when the last proof is too old: some acts refuse, others lead on by themselves.
  const refused = JSON.stringify({ kind: "forbidden", code: "prove_first", message: "Confirm first that it is you." });
  let answer: Parameters<import("@playwright/test").Route["fulfill"]>[0] =
    { status: 403, headers: { serverfnerror: act }, contentType: "application/json", body: refused };
  await page.route(`**${act}`, (route) => route.fulfill(answer));
  const begin = async () => {
    await hydrated(page);
    await page.getByLabel("New address").fill(freshAddress("proved"));
    await page.getByRole("button", { name: "Send code" }).click();
  };
  await page.goto("/settings/security");
  await begin();
  await page.getByRole("alert").getByRole("link", { name: "Confirm" }).click();
  await page.waitForURL(`**${confirm}`);
  await ready(page);
  // The browser reports the 403 as an error of its own.
  expect(consoleErrors.splice(0)).toEqual([expect.stringContaining("status of 403")]);

  answer = { status: 200, headers: { serverfnredirect: "", location: confirm }, contentType: "application/json", body: "null" };
  await page.getByRole("link", { name: "Leave it as it is" }).click();
  await page.waitForURL(/\/settings\/security$/);
  await begin();
  await page.waitForURL(`**${confirm}`);
  await ready(page);

  // Where the router knows the page, the app is not left.
  answer = { ...answer, headers: { serverfnredirect: "", location: "/settings/activity" } };
  await page.getByRole("link", { name: "Leave it as it is" }).click();
  await page.waitForURL(/\/settings\/security$/);
  await page.evaluate(() => Object.assign(window, { stays: true }));
  await begin();
  await page.waitForURL(/\/settings\/activity$/);
  await expect(page.getByRole("region", { name: "Activity" }).first()).toBeVisible();
  expect(await page.evaluate(() => "stays" in window)).toBe(true);
});
