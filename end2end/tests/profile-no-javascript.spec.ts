import { expect, signIn, test } from "./support";

const PICTURE = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAEklEQVR4nGP4z8CgoKAAwkAAABMBAiAjWv6/AAAAAElFTkSuQmCC",
  "base64",
);

test("PE-17 Name, handle, look, time zone and picture can be changed without JavaScript", async ({ page }) => {
  const handle = `plain_${Date.now().toString(36)}`;
  await signIn(page, "plain", { scripts: false });
  await page.goto("/settings");
  await page.getByLabel("Display name").fill("Mira Okafor");
  await page.getByRole("button", { name: "Save name" }).click();
  await expect(page.getByText("Your name is saved.")).toBeVisible();
  await expect(page.locator(".account .title")).toHaveText("Mira Okafor");

  const field = page.getByRole("textbox", { name: "Handle" });
  await field.fill("admin");
  await page.getByRole("button", { name: "Is it free?" }).click();
  await expect(page.getByText("This handle belongs to Aura itself.")).toBeVisible();
  await field.fill(handle);
  await page.getByRole("button", { name: "Is it free?" }).click();
  await expect(page.getByText(`@${handle} is free.`)).toBeVisible();
  await expect(field).toHaveValue(handle);
  await page.getByRole("button", { name: "Take handle" }).click();
  await expect(page.getByText("The handle is yours.")).toBeVisible();
  await expect(page.getByRole("link", { name: `@${handle}` })).toBeVisible();

  await page.getByLabel("Dark").check();
  await page.getByRole("button", { name: "Save look" }).click();
  await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");

  await page.getByRole("combobox", { name: "Time zone" }).fill("Mars/Olympus");
  await page.getByRole("button", { name: "Save time zone" }).click();
  await expect(page.getByText("This is no time zone.")).toBeVisible();

  await page.getByLabel("Picture file").setInputFiles({ name: "me.txt", mimeType: "text/plain", buffer: Buffer.from("no") });
  await page.getByRole("button", { name: "Use this picture" }).click();
  await expect(page.getByText("This is no PNG, JPEG, WebP or GIF.")).toBeVisible();
  await page.getByLabel("Picture file").setInputFiles({ name: "me.png", mimeType: "image/png", buffer: Buffer.alloc(7_000_000, 1) });
  await page.getByRole("button", { name: "Use this picture" }).click();
  await expect(page.getByText("This file is larger than 5 MB.")).toBeVisible();
  await page.getByLabel("Picture file").setInputFiles({ name: "me.png", mimeType: "image/png", buffer: PICTURE });
  await page.getByRole("button", { name: "Use this picture" }).click();
  await expect(page.getByText("Your new picture is in its place.")).toBeVisible();
  await expect(page.locator("main img.avatar")).toBeVisible();
  await page.getByRole("button", { name: "Remove picture" }).click();
  await expect(page.getByText("Your picture is gone.")).toBeVisible();
});
