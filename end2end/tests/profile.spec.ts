import { expect, hydrated, signIn, test, violations } from "./support";

/** Two by two pixels, one of them red. */
const PICTURE = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAEklEQVR4nGP4z8CgoKAAwkAAABMBAiAjWv6/AAAAAElFTkSuQmCC",
  "base64",
);

test("PE-18 A person changes name, handle, look and picture, and others see it", async ({ page }) => {
  const handle = `mira_${Date.now().toString(36)}`;
  await signIn(page, "person");
  await page.goto("/settings");
  await hydrated(page);

  await page.getByLabel("Display name").fill("Mira Okafor");
  await page.getByRole("button", { name: "Save name" }).click();
  await expect(page.getByText("You are called Mira Okafor now.")).toBeVisible();
  await expect(page.locator(".account .title")).toHaveText("Mira Okafor");

  const field = page.getByRole("textbox", { name: "Handle" });
  await field.fill("admin");
  await expect(page.getByText("This handle belongs to Aura itself.")).toBeVisible();
  await field.fill(handle);
  await expect(page.getByText(`@${handle} is free.`)).toBeVisible();
  await page.getByRole("button", { name: "Take handle" }).click();
  await expect(page.getByText(`You are @${handle} now.`)).toBeVisible();

  await page.getByLabel("Dark").check();
  await page.getByRole("button", { name: "Save look" }).click();
  await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
  const html = await (await page.request.get("/settings", { headers: { accept: "text/html" } })).text();
  expect(html, "the document itself says it, so nothing flashes").toContain('<html lang="en" data-theme="dark"');

  await page.getByRole("combobox", { name: "Time zone" }).fill("Asia/Tokyo");
  await page.getByRole("button", { name: "Save time zone" }).click();
  await expect(page.getByText("The time zone is saved.")).toBeVisible();

  await page.getByLabel("Picture file").setInputFiles({ name: "me.png", mimeType: "image/png", buffer: PICTURE });
  await page.getByRole("button", { name: "Use this picture" }).click();
  await page.waitForURL(/picture=changed/);
  await hydrated(page);
  const picture = page.locator("main img.avatar");
  await expect(picture).toBeVisible();
  expect(await picture.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBe(256);
  await expect(page.getByRole("combobox", { name: "Time zone" })).toHaveValue("Asia/Tokyo");

  await page.goto("/profile");
  await expect(page.getByRole("heading", { name: "Mira Okafor" })).toBeVisible();
  await page.getByRole("link", { name: `@${handle}` }).click();
  await page.waitForURL(new RegExp(`/@${handle}$`));
  await expect(page.getByRole("heading", { name: "Mira Okafor" })).toBeVisible();
  await expect(page.locator("main img.avatar")).toBeVisible();
  for (const [width, colorScheme] of [[390, "light"], [1280, "dark"]] as const) {
    await page.setViewportSize({ width, height: 900 });
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    expect(await violations(page)).toEqual([]);
  }

  await page.goto("/settings");
  await page.getByRole("button", { name: "Remove picture" }).click();
  await page.waitForURL(/picture=removed/);
  await expect(page.locator("main img.avatar")).toHaveCount(0);
});

test("A menu link in the sidebar leads to the settings, and the tabs say where one is", async ({ page }) => {
  await signIn(page, "tabs");
  await hydrated(page);
  await page.getByRole("button", { name: "Account menu" }).click();
  await page.locator("#account-menu").getByRole("link", { name: "Settings" }).click();
  await page.waitForURL(/\/settings$/);
  await expect(page.locator("#account-menu")).toBeHidden();
  const tabs = page.getByRole("navigation", { name: "Settings" });
  await expect(tabs.getByRole("link", { name: "Profile" })).toHaveAttribute("aria-current", "page");
  await tabs.getByRole("link", { name: "Security" }).click();
  await page.waitForURL(/\/settings\/security$/);
  await expect(tabs.getByRole("link", { name: "Security" })).toHaveAttribute("aria-current", "page");
  await expect(tabs.getByRole("link", { name: "Profile" })).not.toHaveAttribute("aria-current", "page");
});
