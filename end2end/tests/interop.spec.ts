import { expect, test } from "./support";
import { nodeOauth } from "./interop/node-oauth";
import { Stage } from "./interop/stage";
import { walk } from "./interop/walk";

// The pages of these programs have errors of their own; only ours must be silent.
test.use({ consoleErrors: [async ({}, use) => { await use([]); }, { auto: true }] as never });
test.setTimeout(120_000);

const CLIENT = { id: "aura-client", secret: "judge-secret-of-enough-length" };

test("OA-21 A connection lives its whole life against @node-oauth/oauth2-server, with the client's proof in the body", async ({ page }) => {
  let program!: ReturnType<typeof nodeOauth>;
  const stage = await Stage.set(["gitlab.com"], async ({ aura }) => {
    const redirect = `${aura}/api/integrations/gitlab/callback`;
    const paths = { authorize: "/oauth/authorize", token: "/oauth/token", revoke: "/oauth/revoke" };
    program = nodeOauth({ ...CLIENT, redirect }, paths, "judged");
    const api = async ({ path, bearer }: { path: string; bearer: string }) => {
      if (!path.startsWith("/api/v4/")) return undefined;
      const login = program.whose(bearer);
      if (!login) return null;
      return path === "/api/v4/user" ? { id: 4711, username: login } : [{ title: "The tide table is off by an hour", web_url: "https://gitlab.com/a/b/-/issues/1" }];
    };
    return { program: { ...program, api }, client: { GITLAB_CLIENT_ID: CLIENT.id, GITLAB_CLIENT_SECRET: CLIENT.secret } };
  });
  try {
    const said = await walk(page, stage, {
      id: "gitlab", service: "GitLab", account: "judged",
      allow: (page) => page.getByRole("button", { name: "Allow" }).click(),
      question: "Which GitLab issues are assigned to me?", found: "tide table",
      token: "POST gitlab.com/oauth/token", renews: true, withdraw: program.withdraw,
    });
    expect(said).toContain("Aura's access was revoked there");
    expect(program.living(), "nothing that was granted lives on").toBe(0);
  } finally {
    await stage.end();
  }
});
