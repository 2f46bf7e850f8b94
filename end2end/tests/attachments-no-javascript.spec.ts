import { expect, signIn, test } from "./support";

const PICTURE = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAEklEQVR4nGP4z8CgoKAAwkAAABMBAiAjWv6/AAAAAElFTkSuQmCC",
  "base64",
);

test("AT-10 Files come with a question that is sent without JavaScript", async ({ page, consoleErrors }) => {
  await signIn(page, "plain-attacher", { scripts: false });
  await page.goto("/chat");
  await page.getByLabel("Files", { exact: true }).setInputFiles([
    { name: "harbour.png", mimeType: "image/png", buffer: PICTURE },
    { name: "page.html", mimeType: "text/html", buffer: Buffer.from("<p>no</p>") },
  ]);
  await page.getByRole("textbox", { name: "Message" }).fill("What is in this?");
  await page.getByRole("button", { name: "Send" }).click();
  // One is refused: the question comes back with the other one.
  await expect(page.getByRole("alert")).toContainText("«page.html»");
  await expect(page.getByText("It comes with harbour.png.")).toBeVisible();
  expect(consoleErrors.splice(0)).toEqual([expect.stringContaining("status of 415")]);
  await page.getByRole("button", { name: "Send again" }).click();
  await page.waitForURL(/\/chat\/[0-9a-f-]{36}/);
  await expect(async () => {
    await page.reload();
    await expect(page.locator(".thread").first()).toContainText("shown image/jpeg");
  }).toPass({ timeout: 20_000 });
  const picture = page.getByRole("img", { name: "harbour.png" });
  await expect(picture).toBeVisible();
});
