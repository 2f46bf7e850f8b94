import { test } from "./support";
import { listen } from "./listening";

test("MU-43 plays are brought and counted without JavaScript", async ({ page }) => {
  test.setTimeout(120_000);
  await listen(page, false);
});
