import { createEmulator, type ServiceName } from "emulate";
import { freePort } from "../process";
import { forward, renamed, type Program } from "./stage";

/** Which path of a vendor is which path of the program, where they are not the same. */
type Paths = Record<string, string>;

/** One service of `emulate`, on a free port, with one client and one account. */
export async function emulated(service: ServiceName, seed: Record<string, unknown>, paths: Paths = {}) {
  const emulator = await createEmulator({ service, port: await freePort(), seed: { [service]: seed } });
  let last: { access: string; refresh: string } = { access: "", refresh: "" };
  const on = forward(emulator.url, (body) => {
    const access = body.authed_user?.access_token ?? body.access_token;
    if (typeof access === "string") last = { access, refresh: body.refresh_token ?? last.refresh };
  });
  return {
    url: emulator.url,
    listen: (request, response) => {
      renamed(request, paths);
      on(request, response);
    },
    /** The tokens that it gave last. */
    last: () => last,
    /** What it answers a bearer at a path; nothing where it refuses. */
    get: async (path: string, bearer: string): Promise<any> => {
      const answer = await fetch(`${emulator.url}${path}`, { headers: { authorization: `Bearer ${bearer}` } });
      return answer.ok ? answer.json() : null;
    },
    post: (path: string, fields: Record<string, string>, headers: Record<string, string> = {}) =>
      fetch(`${emulator.url}${path}`, { method: "POST", body: new URLSearchParams(fields), headers, redirect: "manual" }),
    end: () => emulator.close(),
  } satisfies Program & Record<string, unknown>;
}
