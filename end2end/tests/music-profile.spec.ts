import { expect, test } from "./support";
import { publish } from "./publishing";

test("MU-60 a history becomes a public profile with a card, and a private one again", async ({ page, consoleErrors }) => {
  test.setTimeout(150_000);
  await publish(page, true);
  expect(consoleErrors.splice(0)).toEqual([]);
});
