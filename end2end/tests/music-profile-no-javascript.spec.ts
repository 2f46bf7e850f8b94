import { test } from "./support";
import { publish } from "./publishing";

test("MU-67 a profile is chosen, tried, published and taken back without JavaScript", async ({ page }) => {
  test.setTimeout(120_000);
  await publish(page, false);
});
