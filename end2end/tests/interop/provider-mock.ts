import { spawn, spawnSync } from "node:child_process";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { freePort } from "../process";
import { forward, renamed, type Program } from "./stage";

/** `scripts/setup judges` makes it. */
const PYTHON = resolve(dirname(fileURLToPath(import.meta.url)), "../../../.local/judges/bin/python3");

/** Whether the program is there. */
export const installed = (): boolean => spawnSync(PYTHON, ["-c", "import oidc_provider_mock"]).status === 0;

/** Which path of a vendor is which endpoint. */
export interface Paths { authorize: string; token: string }

/** `oidc-provider-mock`, which knows only clients that have registered with it (RFC 7591). */
export async function providerMock(redirect: string, paths: Paths) {
  const port = await freePort();
  const child = spawn(PYTHON, ["-m", "oidc_provider_mock", "--port", String(port), "--require-registration", "true"], {
    env: { PATH: process.env.PATH, NO_COLOR: "1" }, stdio: ["ignore", "ignore", "pipe"],
  });
  let said = "";
  child.stderr.on("data", (chunk) => { said += chunk; });
  const judge = `http://127.0.0.1:${port}`;
  const deadline = Date.now() + 30_000;
  while (!(await fetch(`${judge}/jwks`).then((answer) => answer.ok, () => false))) {
    if (child.exitCode !== null || Date.now() > deadline) throw new Error(`oidc-provider-mock did not start: ${said}`);
    await new Promise((done) => setTimeout(done, 100));
  }
  const json = { "content-type": "application/json" };
  const registered = await fetch(`${judge}/oauth2/clients`, {
    method: "POST", headers: json,
    body: JSON.stringify({ redirect_uris: [redirect], token_endpoint_auth_method: "client_secret_basic" }),
  });
  const client = (await registered.json()) as { client_id: string; client_secret: string };
  const on = forward(judge);
  return {
    client,
    listen: (request, response) => {
      renamed(request, { [paths.authorize]: "/oauth2/authorize", [paths.token]: "/oauth2/token" });
      on(request, response);
    },
    /** Whose token it is. */
    whose: async (bearer: string): Promise<string | null> => {
      const answer = await fetch(`${judge}/userinfo`, { headers: { authorization: `Bearer ${bearer}` } });
      return answer.ok ? ((await answer.json()) as { sub: string }).sub : null;
    },
    withdraw: async (account: string) => {
      await fetch(`${judge}/users/${encodeURIComponent(account)}/revoke-tokens`, { method: "POST" });
    },
    end: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = new Promise((done) => child.once("exit", done));
      child.kill("SIGKILL");
      await gone;
    },
  } satisfies Program & Record<string, unknown>;
}
