import { defineConfig } from "@playwright/test";

// The addresses of a running stack; `make test` starts one and sets them.
const aura = process.env.AURA_URL ?? "http://127.0.0.1:3000";
const chromium = process.env.CHROMIUM ?? "/usr/bin/chromium";

export default defineConfig({
  testDir: "tests",
  timeout: 60_000,
  expect: { timeout: 10_000 },
  // One after the other: hub-pages ends what every account has granted to GitHub, and billing what Stripe tells.
  workers: 1,
  retries: 0,
  forbidOnly: true,
  reporter: [["list"]],
  use: {
    baseURL: aura,
    // Without pictures, which cost more than the tests on a machine without a graphics card; the pages are kept whole.
    trace: { mode: "retain-on-failure", screenshots: false, snapshots: true, sources: false },
    launchOptions: {
      executablePath: chromium,
      args: [
        "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
        "--disable-background-networking", "--disable-component-update", "--disable-sync",
      ],
    },
  },
  projects: [
    { name: "chromium", testIgnore: /no-javascript/ },
    { name: "no-javascript", testMatch: /no-javascript/, use: { javaScriptEnabled: false } },
  ],
});
