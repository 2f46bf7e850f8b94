import { request as ask, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import pg from "pg";
import { Aura, database, serve } from "../process";

/** A request as it came to one host of a vendor. */
export interface Came {
  host: string;
  path: string;
  bearer: string;
}

/** What a program that takes a vendor's place is to this stage. */
export interface Program {
  /** Answers what is asked of the vendor's hosts, and what the program's own pages ask. */
  listen: RequestListener;
  /** The vendor's API behind the program's tokens; nothing where the program has one itself. */
  api?: (came: Came) => Promise<unknown>;
  end?: () => Promise<void> | void;
}

/** Of the connection of the one person on a stage. */
export interface Row {
  id: string;
  state: string;
  reason: string | null;
  version: string;
}

/**
 * Aura, with a program that somebody else wrote in the place of one vendor. Every host of the vendor is found at one
 * address, where the program's own pages are, too.
 */
export class Stage {
  private constructor(
    readonly aura: Aura,
    /** What was asked of the vendor, in order: method, host and path. */
    readonly asked: string[],
    private readonly store: { url: string; drop: () => Promise<void> },
    private readonly close: () => Promise<void>,
  ) {}

  static async set(
    hosts: string[],
    build: (at: { front: string; aura: string }) => Promise<{ program: Program; client: Record<string, string> }>,
  ): Promise<Stage> {
    const store = await database();
    const asked: string[] = [];
    let program: Program | undefined;
    const { url: front, server } = await serve((request, response) => {
      void answer(hosts, program!, asked, request, response);
    });
    const aura = await Aura.on(store.url, async (url) => {
      const built = await build({ front, aura: url });
      program = built.program;
      return { ...built.client, HOST_OVERRIDES: hosts.map((host) => `${host}=${front}`).join(","), RATE_LIMIT: "1000/10s" };
    });
    return new Stage(aura, asked, store, async () => {
      await aura.end();
      server.close();
      server.closeAllConnections();
      await program?.end?.();
      await store.drop();
    });
  }

  async end(): Promise<void> {
    await this.close();
  }

  /** How often this was asked of the vendor. */
  count(what: string | RegExp): number {
    return this.asked.filter((line) => (typeof what === "string" ? line === what : what.test(line))).length;
  }

  async row(): Promise<Row> {
    const [row] = await this.query("select id, state, reason, version from connections");
    return row as unknown as Row;
  }

  async rows(): Promise<number> {
    return (await this.query("select id from connections")).length;
  }

  /** The access token has ended, as an hour later. */
  async expire(): Promise<void> {
    await this.query("update connections set access_expires_at = now() - interval '1 minute'");
  }

  private async query(text: string): Promise<Record<string, unknown>[]> {
    const client = new pg.Client({ connectionString: this.store.url });
    await client.connect();
    const { rows } = await client.query(text);
    await client.end();
    return rows;
  }
}

async function answer(
  hosts: string[], program: Program, asked: string[], request: IncomingMessage, response: ServerResponse,
): Promise<void> {
  const [, first, ...rest] = request.url!.split("/");
  if (!hosts.includes(first)) return program.listen(request, response);
  const path = `/${rest.join("/")}`;
  asked.push(`${request.method} ${first}${path.split("?")[0]}`);
  const bearer = String(request.headers.authorization ?? "").replace(/^bearer /i, "");
  try {
    const found = await program.api?.({ host: first, path: path.split("?")[0], bearer });
    if (found !== undefined) {
      response.writeHead(found === null ? 401 : 200, { "content-type": "application/json" });
      response.end(JSON.stringify(found ?? { error: "invalid_token" }));
      return;
    }
  } catch (error) {
    response.writeHead(500).end(String(error));
    return;
  }
  Object.assign(request, { originalUrl: request.url, host: first, url: path });
  program.listen(request, response);
}

/** Another path for what the vendor has elsewhere. Parameters stay. */
export function renamed(request: IncomingMessage, paths: Record<string, string>): void {
  const [path, query] = request.url!.split("?");
  if (paths[path]) request.url = [paths[path], query].filter((part) => part !== undefined).join("?");
}

/** Sends a request on to a server of its own. `heard` is told the JSON objects that come back. */
export function forward(to: string, heard?: (body: any) => void): RequestListener {
  const { hostname, port } = new URL(to);
  return (request, response) => {
    const { host: _, ...headers } = request.headers;
    const through = ask({ hostname, port, method: request.method, path: request.url, headers }, async (answer) => {
      const chunks: Buffer[] = [];
      for await (const chunk of answer) chunks.push(chunk);
      const body = Buffer.concat(chunks);
      if (heard && /json/.test(answer.headers["content-type"] ?? "")) heard(JSON.parse(body.toString()) ?? {});
      const { "transfer-encoding": _, ...sent } = answer.headers;
      response.writeHead(answer.statusCode!, sent).end(body);
    });
    through.on("error", (error) => response.writeHead(502).end(String(error)));
    request.pipe(through);
  };
}
