import { expect, hydrated, inEveryLook, signIn, test } from "./support";

const PICTURE = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAEklEQVR4nGP4z8CgoKAAwkAAABMBAiAjWv6/AAAAAElFTkSuQmCC",
  "base64",
);

/** Lets go of a file, or pastes it, over an element of the page. */
async function bring(page: import("@playwright/test").Page, how: "paste" | "drop", name: string, type: string, base64: string): Promise<void> {
  await page.getByRole("textbox", { name: "Message" }).evaluate((field, { how, name, type, base64 }) => {
    const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
    const carried = new DataTransfer();
    carried.items.add(new File([bytes], name, { type }));
    const event = how === "paste"
      ? new ClipboardEvent("paste", { clipboardData: carried, bubbles: true, cancelable: true })
      : new DragEvent("drop", { dataTransfer: carried, bubbles: true, cancelable: true });
    field.dispatchEvent(event);
  }, { how, name, type, base64 });
}

test("AT-9 Files are chosen, pasted and dropped, taken away, outlast a reload, are sent and shown; axe finds nothing", async ({ page, consoleErrors }) => {
  await signIn(page, "attacher");
  await page.goto("/chat");
  await hydrated(page);
  const tray = page.getByRole("list", { name: "Attached files" });
  await page.getByLabel("Attach files").setInputFiles([
    { name: "harbour.png", mimeType: "image/png", buffer: PICTURE },
    { name: "numbers.csv", mimeType: "text/csv", buffer: Buffer.from("a,b\n1,2\n") },
  ]);
  await expect(tray.getByRole("listitem")).toHaveCount(2);
  await expect(tray.getByText("75 bytes", { exact: true })).toBeVisible();
  await bring(page, "paste", "pasted.png", "image/png", PICTURE.toString("base64"));
  await bring(page, "drop", "dropped.md", "text/markdown", Buffer.from("# Dropped").toString("base64"));
  await expect(tray.getByText("9 bytes", { exact: true })).toBeVisible();
  await expect(tray.getByRole("listitem")).toHaveCount(4);

  // What is refused says why, and stands in the way until it is taken away.
  await bring(page, "drop", "page.html", "text/html", Buffer.from("<p>no</p>").toString("base64"));
  await expect(tray.getByText("Files with this extension are not taken.")).toBeVisible();
  await page.getByRole("textbox", { name: "Message" }).fill("What is in these?");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("alert").getByText("«page.html» was not taken.")).toBeVisible();
  await page.getByRole("button", { name: "Remove page.html" }).click();
  await expect(page.getByRole("textbox", { name: "Message" })).toBeFocused();
  await page.getByRole("button", { name: "Remove pasted.png" }).click();
  await expect(tray.getByRole("listitem")).toHaveCount(3);
  await expect.poll(() => consoleErrors.splice(0)).toEqual([expect.stringContaining("status of 415")]);

  await page.reload();
  await hydrated(page);
  await expect(tray.getByRole("listitem")).toHaveCount(3);
  await expect(page.getByRole("textbox", { name: "Message" })).toHaveValue("What is in these?");
  await inEveryLook(page);
  await page.getByRole("textbox", { name: "Message" }).press("Enter");
  await page.waitForURL(/\/chat\/[0-9a-f-]{36}/);
  await expect(page.locator(".thread[aria-busy=true]")).toHaveCount(0, { timeout: 20_000 });
  await expect(tray).toHaveCount(0);
  const shown = page.getByRole("list", { name: "Files of this question" });
  await expect(shown.getByRole("img", { name: "harbour.png" })).toBeVisible();
  await expect.poll(() => shown.getByRole("img").evaluate((image: HTMLImageElement) => image.naturalWidth)).toBe(2);
  await expect(shown.getByRole("link", { name: /numbers\.csv/ })).toBeVisible();
  await page.reload();
  await hydrated(page);
  await expect(tray).toHaveCount(0);
  await expect(shown.getByRole("listitem")).toHaveCount(3);
  await inEveryLook(page);
});
