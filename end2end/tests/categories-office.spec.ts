import { approve, ask, begin, connect, connectBy, logged, permit, remembered } from "./asking";
import { expect, signIn, test } from "./support";

test("WK-6 Documents: a page is found, and a paragraph is added to it once it is approved", async ({ page }) => {
  await signIn(page, "documents");
  await connect(page, "Notion");
  await begin(page);
  const read = await ask(page, "Which pages are about the “plan”?");
  await expect(read.locator("details.read.step")).toContainText("Read 1 page");
  await expect(read.locator(".prose")).toContainText("Harbor 3: the plan");

  const text = `The buoys are there, ${Date.now()}.`;
  const blocks = async () => JSON.stringify(await remembered("notion/blocks/33333333-0000-4000-8000-000000000002"));
  const added = await ask(page, `Append “${text}” to the page “Meeting of Monday”`);
  expect(await blocks()).not.toContain(text);
  const link = await approve(added, ["Notion", text, "33333333-0000-4000-8000-000000000002"]);
  expect(await blocks()).toContain(text);
  await expect(link).toHaveAttribute("href", "https://www.notion.so/33333333000040008000000000000002");
  await logged(page, [["Add a paragraph", "Changed", "Approved by you"], ["Found pages", "Read"], ["Found pages", "Read"]]);
});

test("WK-7 Finance: the invoices are listed, and nothing can be written before its person has permitted it", async ({ page }) => {
  await signIn(page, "finance");
  await connectBy(page, "Xero", { after: "Northbeam GmbH" });
  await begin(page);
  const read = await ask(page, "Which invoices are not paid?");
  await expect(read.locator("details.read.step")).toContainText(/Read \d+ invoices?/);
  await expect(read.locator(".prose")).toContainText(/\d+/);
  const refused = await ask(page, "Draft an invoice “Mooring, one week”");
  await expect(refused.locator(".prose")).not.toBeEmpty();
  await expect(page.locator(".proposal")).toHaveCount(0);
  const invoices = async () => JSON.stringify(await remembered("xero/invoices/22222222-bbbb-4bbb-8bbb-000000000001"));
  expect(await invoices()).not.toContain("Mooring, one week");

  // The same question, once its person has permitted that: it is proposed, and still not done.
  await permit(page, "Xero", /^Add permission .*accounting\.invoices/);
  await begin(page);
  const proposed = await ask(page, "Draft an invoice “Mooring, one week”");
  await expect(proposed.locator(".proposal")).toContainText("Waiting for you");
  expect(await invoices()).not.toContain("Mooring, one week");
});

test("WK-8 Recruiting: the candidates are listed, and there is nothing that could be changed", async ({ page }) => {
  await signIn(page, "recruiting");
  await connect(page, "Greenhouse");
  await begin(page);
  const read = await ask(page, "Which candidates are there?");
  await expect(read.locator("details.read.step")).toContainText("Read 2 candidates");
  await expect(read.locator(".prose")).toContainText("Ines Falk");
  await expect(read.locator(".prose")).toContainText("Dock engineer");
  await expect(page.locator(".proposal")).toHaveCount(0);
  await logged(page, [["Candidates", "Read"]]);
  await page.goto("/integrations/greenhouse");
  await expect(page.getByRole("main")).not.toContainText(/once you approve|asks, then changes/);
});

test("WK-9 Support and marketing: tickets are listed, a post is drafted, and none is sent without a yes", async ({ page }) => {
  await signIn(page, "marketing");
  await connectBy(page, "Zendesk", { before: ["Zendesk subdomain", "northbeam"] });
  await connect(page, "Buffer");
  await permit(page, "Buffer", /^Add permission .*posts:write/);
  await begin(page);
  const read = await ask(page, "Which tickets are waiting for me?");
  await expect(read.locator("details.read.step")).toContainText(/Read \d+ tickets?/);
  await expect(read.locator(".prose")).toContainText(/#23\d\d/);

  const text = `The season opens ${Date.now()}`;
  const posts = async () => (await remembered("buffer/posts")).filter((post) => post.text === text).map((post) => post.status);
  const drafted = await ask(page, `Draft a post “${text}” for Buffer`);
  const link = await approve(drafted, ["Buffer", "New draft", text]);
  expect(await posts()).toEqual(["draft"]);
  await expect(link).toHaveAttribute("href", "https://publish.buffer.com");

  const sent = await ask(page, `Publish “${text}” with Buffer`);
  await expect(sent.locator(".proposal")).toContainText("Waiting for you", { timeout: 20_000 });
  expect(await posts(), "nothing is sent before the yes").toEqual(["draft"]);
  await approve(sent, ["Buffer", "Plan a post", text]);
  expect(await posts()).toEqual(["draft", "scheduled"]);
  await logged(page, [["Plan a post", "Changed"], ["New draft", "Changed", "Approved by you"], ["My open tickets", "Read"]]);
});
