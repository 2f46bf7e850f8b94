import type { Page } from "@playwright/test";
import pg from "pg";

import { expect, hydrated, signIn, test, violations } from "./support";

const MESSAGES = 2_000;

/** Makes of a conversation with one question and its answer one of two thousand messages, each with its number. */
async function lengthen(conversation: string): Promise<void> {
  const client = new pg.Client({ connectionString: process.env.DATABASE_URL });
  await client.connect();
  try {
    await client.query("begin");
    await client.query("create temporary table made on commit drop as select n, gen_random_uuid() as id from generate_series(3, $1::int) n", [MESSAGES]);
    await client.query(
      `insert into messages (id, conversation_id, parent_id, author, content, created_at)
       select made.id, c.id, coalesce(above.id, (select m.id from messages m where m.conversation_id = c.id and m.author = 'assistant')),
         case when made.n % 2 = 1 then 'person' else 'assistant' end,
         case when made.n % 2 = 1 then 'question ' || made.n else 'answer ' || made.n || E' with a list:\\n\\n* one\\n* two\\n\\n' || repeat('Words. ', made.n % 60) end,
         now() + made.n * interval '1 second'
       from made cross join conversations c left join made above on above.n = made.n - 1 where c.id = $1
       order by made.n`, [conversation]);
    await client.query(
      `insert into runs (id, conversation_id, user_id, question_id, answer_id, state, heartbeat_at, last_seq, created_at, settled_at)
       select gen_random_uuid(), c.id, c.user_id, above.id, made.id, 'finished', now(), 0, now(), now()
       from made join made above on above.n = made.n - 1 cross join conversations c where c.id = $1 and made.n % 2 = 0`, [conversation]);
    await client.query("update conversations set leaf_id = (select id from made order by n desc limit 1) where id = $1", [conversation]);
    await client.query("commit");
  } finally {
    await client.end();
  }
}

const messages = (page: Page) => page.locator(".transcript > [id^='m-']");
const nodes = (page: Page) => page.evaluate(() => document.querySelectorAll("*").length);

/** Where the first message that is seen stands in the window, and which it is. */
async function seen(page: Page): Promise<{ id: string; top: number }> {
  return page.evaluate(() => {
    const bar = 60;
    const first = [...document.querySelectorAll(".transcript > [id^='m-']")].find((one) => one.getBoundingClientRect().bottom > bar)!;
    return { id: first.id, top: first.getBoundingClientRect().top };
  });
}

test("CH-12 Of two thousand messages a page holds few, and any of them is reached by scrolling, by link and by search", async ({ page }) => {
  test.setTimeout(180_000);
  await signIn(page, "talker");
  await page.goto("/chat");
  await hydrated(page);
  await page.getByRole("textbox", { name: "Message" }).fill("The very first question");
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/chat\/[0-9a-f-]{36}/);
  await expect(page.locator(".thread")).not.toHaveCount(0);
  await expect(page.locator(".thread[aria-busy=true]")).toHaveCount(0, { timeout: 20_000 });
  const address = new URL(page.url()).pathname;
  await lengthen(address.split("/").pop()!);

  // It opens at its end, with one page of it.
  await page.goto(address);
  await hydrated(page);
  await expect(messages(page)).toHaveCount(50);
  await expect(page.getByText("answer 2000 with a list")).toBeInViewport();
  await expect(page.locator("#message")).toBeVisible();
  const log = page.getByRole("log", { name: "Conversation" });
  await expect(log).toHaveAttribute("aria-live", "off");
  expect(await violations(page)).toEqual([]);

  // What stands before it comes by itself, and what is read stays where it is.
  const earlier = page.getByRole("link", { name: "Earlier messages" });
  const frames = () => page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
  await page.evaluate(() => scrollTo(0, 1_200));
  // What comes into view is laid out in the frames after.
  const settled = async () => {
    let last = "";
    await expect.poll(async () => {
      const now = JSON.stringify(await seen(page));
      const same = now === last;
      last = now;
      await frames();
      return same;
    }).toBe(true);
    return seen(page);
  };
  const before = await settled();
  await earlier.evaluate((link: HTMLElement) => link.click());
  await expect(messages(page)).toHaveCount(100);
  await expect(page.getByRole("status").filter({ hasText: "50 earlier messages are shown." })).toHaveCount(1);
  const after = await settled();
  expect(after.id, "what is read stays in view").toBe(before.id);
  expect(Math.abs(after.top - before.top), "and where it is").toBeLessThanOrEqual(3);
  await page.mouse.move(640, 300);

  // On the way to the first message the page never holds more than two hundred.
  const most = { messages: 0, nodes: 0 };
  const first = page.locator(".ask", { hasText: "The very first question" });
  await expect(async () => {
    for (let turn = 0; turn < 20; turn += 1) {
      await page.mouse.wheel(0, -20_000);
      await page.evaluate(() => new Promise((done) => requestAnimationFrame(done)));
      most.messages = Math.max(most.messages, await messages(page).count());
      most.nodes = Math.max(most.nodes, await nodes(page));
    }
    await expect(first).toBeInViewport({ timeout: 100 });
  }).toPass({ timeout: 90_000 });
  expect(most.messages).toBeLessThanOrEqual(200);
  expect(most.messages).toBeGreaterThan(100);
  expect(most.nodes, "the document stays small").toBeLessThan(12_000);
  await expect(earlier).toHaveCount(0);
  expect(await page.evaluate(() => document.querySelectorAll("[id]").length)).toBe(
    await page.evaluate(() => new Set([...document.querySelectorAll("[id]")].map(({ id }) => id)).size),
  );

  // And back to where it ends, which the page had let go of.
  await page.getByRole("link", { name: "Newest messages" }).click();
  await expect(page.getByText("answer 2000 with a list")).toBeInViewport();

  // By keyboard: the focus stays on the way to more.
  await earlier.focus();
  await page.keyboard.press("Enter");
  await expect(messages(page)).not.toHaveCount(50);
  await expect(earlier).toBeFocused();

  // What was found is opened where it stands, and the browser finds what the page holds, drawn or not.
  await page.goto("/chat/search?q=question+1001");
  await page.locator(".rows a", { hasText: "question 1001" }).first().click();
  await page.waitForURL(/\?at=/);
  const found = page.locator("[data-found]");
  await expect(found).toContainText("question 1001");
  await expect(found).toBeInViewport();
  await expect(found).toBeFocused();
  const finds = (text: string) => page.evaluate((wanted) => {
    getSelection()?.removeAllRanges();
    return (window as unknown as { find(text: string): boolean }).find(wanted);
  }, text);
  expect(await finds("question 1021")).toBe(true);
  await expect(page.locator(".ask", { hasText: "question 1021" })).toBeInViewport();
  expect(await finds("question 3")).toBe(false);
});
