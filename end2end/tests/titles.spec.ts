import { ask, begin } from "./asking";
import { expect, signIn, test } from "./support";

test("TI-3 A conversation that the model has named shows its name in the list without being loaded anew", async ({ page }) => {
  test.setTimeout(120_000);
  await signIn(page, "namer");
  await begin(page);
  await page.evaluate(() => Object.assign(window, { isTheSame: true }));
  const question = "Which of the lighthouses along the coast from Cuxhaven to Flensburg is the tallest one by far?";
  await ask(page, question);
  const entry = page.getByRole("navigation", { name: "Conversations" }).getByRole("link").first();
  // The model of the sandbox names it by the first eight words of the question.
  await expect(entry).toHaveText("Which of the lighthouses along the coast from", { timeout: 90_000 });
  expect(await page.evaluate(() => "isTheSame" in window)).toBe(true);
});
