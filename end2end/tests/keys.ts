import { expect, type Page } from "@playwright/test";

/** Presses Tab until what has the focus carries this name; every stop on the way must be visible. */
export async function tabTo(page: Page, name: RegExp, key = "Tab"): Promise<void> {
  for (let stop = 0; stop < 60; stop += 1) {
    const focused = page.locator(":focus");
    if (await focused.count()) {
      const told = await focused.evaluate((element) => {
        const field = element as HTMLInputElement;
        const label = field.labels?.[0]?.textContent;
        return (element.getAttribute("aria-label") ?? label ?? element.textContent ?? "").trim();
      });
      if (name.test(told)) {
        await expect(focused).toBeVisible();
        const outline = await focused.evaluate((element) => {
          const style = getComputedStyle(element);
          const ring = (of: CSSStyleDeclaration) => of.outlineStyle !== "none" || of.boxShadow !== "none";
          return ring(style) || (element.parentElement !== null && ring(getComputedStyle(element.parentElement)));
        });
        expect(outline, `the focus on «${told}» can be seen`).toBe(true);
        return;
      }
    }
    await page.keyboard.press(key);
  }
  throw new Error(`no stop of the Tab key is called ${name}`);
}
