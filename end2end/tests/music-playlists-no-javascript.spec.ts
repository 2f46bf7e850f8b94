import { test } from "./support";
import { exportAList } from "./exporting";

test("MU-88 a list is exported, chosen from and taken back without JavaScript", async ({ page }) => {
  test.setTimeout(180_000);
  await exportAList(page, false);
});
