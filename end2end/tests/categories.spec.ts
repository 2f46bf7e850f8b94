import { approve, ask, begin, connect, logged, permit, remembered } from "./asking";
import { expect, signIn, test } from "./support";

test("WK-1 A calendar: the free slots are listed, and an event is created once it is approved", async ({ page }) => {
  await signIn(page, "calendar");
  await connect(page, "Google Calendar");
  await permit(page, "Google Calendar", /^Add permission .*calendar\.events/);
  await begin(page);
  const read = await ask(page, "When am I free today?");
  await expect(read.locator(".read.step").filter({ hasText: /busy times?/ })).toHaveCount(1);
  await expect(read.locator(".prose")).toContainText(/Free slots: from \d\d:\d\d to \d\d:\d\d/);

  const title = `Dentist ${Date.now()}`;
  const titles = async () => (await remembered("google-calendar/events")).map((event) => event.summary);
  const made = await ask(page, `Create an event “${title}” tomorrow at 16`);
  expect(await titles(), "nothing is sent before the yes").not.toContain(title);
  const link = await approve(made, ["Google Calendar", title, "16:00"]);
  expect(await titles()).toContain(title);
  await expect(link).toHaveAttribute("href", /^https:\/\/www\.google\.com\/calendar\/event\?eid=/);
  await logged(page, [["New event", "Changed", "Approved by you"], ["Busy times", "Read"], ["Events", "Read"]]);
});

test("WK-2 A CRM: a contact is found, and a deal is moved once that is approved", async ({ page }) => {
  await signIn(page, "crm");
  await connect(page, "HubSpot");
  await permit(page, "HubSpot", /^Add permission .*deals\.write/);
  await begin(page);
  const read = await ask(page, "Find the contact “Ada Brook” in HubSpot");
  await expect(read.locator("details.read.step")).toContainText("Read 1 contact");
  await expect(read.locator(".prose")).toContainText("ada.brook@tideway.example");

  const stage = async () => (await remembered("hubspot/deals")).find((deal) => deal.id === "702")?.properties;
  // The deal is looked for, and changed in the same answer, with what stands there now beside it.
  const changed = await ask(page, "Move the deal “Renewal Tideway” to presentationscheduled");
  await expect(changed.locator("details.read.step")).toContainText("Read 2 deals");
  expect(await stage()).toMatchObject({ dealstage: "contractsent" });
  const link = await approve(changed, ["HubSpot", "702", "contractsent", "presentationscheduled"]);
  expect(await stage()).toMatchObject({ dealstage: "presentationscheduled" });
  await expect(link).toHaveAttribute("href", /^https:\/\/app\.hubspot\.com\/.*\/702$/);
  await logged(page, [
    ["Change a deal", "Changed", "Approved by you"], ["Change a deal", "what stood there"], ["Deals", "Read"], ["Find contacts", "Read"],
  ]);
});

test("WK-3 A tracker: a task is created once it is approved, and its state is read", async ({ page }) => {
  await signIn(page, "tracker");
  await connect(page, "Linear");
  await permit(page, "Linear", /^Add permission .*write/);
  await begin(page);
  const title = `Order the buoys ${Date.now()}`;
  const made = await ask(page, `Create a Linear issue “${title}”`);
  const titles = async () => (await remembered("linear/issues")).map((issue) => issue.title);
  expect(await titles()).not.toContain(title);
  const link = await approve(made, ["Linear", title, "NOR"]);
  expect(await titles()).toContain(title);
  await expect(link).toHaveAttribute("href", /^https:\/\/linear\.app\/northbeam\/issue\/NOR-\d+$/);

  const read = await ask(page, `What is the status of “${title}” in Linear?`);
  await expect(read.locator("details.read.step")).toContainText("Read 1 issue");
  await expect(read.locator(".prose")).toContainText(/NOR-\d+, Todo/);
  await logged(page, [["Found issues", "Read"], ["New issue", "Changed", "Approved by you"]]);
});

test("WK-4 A forge: repositories and the runs of CI are listed, with a link to each", async ({ page }) => {
  await signIn(page, "forge");
  await connect(page, "GitHub");
  await begin(page);
  const read = await ask(page, "Which repositories changed last, and how did the CI runs of northbeam/harbor go?");
  const steps = read.locator("details.read.step");
  await expect(steps).toHaveCount(2);
  await expect(read.locator(".prose")).toContainText("northbeam/harbor");
  await expect(read.locator(".prose")).toContainText("failure, palette");
  await steps.filter({ hasText: "Read 3 runs" }).locator("summary").click();
  await expect(steps.filter({ hasText: "Read 3 runs" }).getByRole("link", { name: /Dark chart palette/ }))
    .toHaveAttribute("href", /^https:\/\/github\.com\/northbeam\/harbor\/actions\/runs\/\d+$/);
  await logged(page, [["CI runs", "Read"], ["Repositories", "Read"]]);
});

test("WK-5 Monitoring: the open incidents are listed, with a link to each", async ({ page }) => {
  await signIn(page, "monitoring");
  await connect(page, "PagerDuty");
  await begin(page);
  const read = await ask(page, "Which incidents are open?");
  await expect(read.locator("details.read.step")).toContainText(/Read \d incidents?/);
  await expect(read.locator(".prose")).toContainText("triggered");
  await expect(read.locator("details.read.step a").first()).toHaveAttribute("href", /pagerduty\.com\/incidents\//);
  await logged(page, [["Open incidents", "Read"]]);
});
