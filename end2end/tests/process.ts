import { type ChildProcess, spawn } from "node:child_process";
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import pg from "pg";

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
const BINARY = process.env.AURA_BINARY ?? resolve(ROOT, "target/debug/aura");
const ADMIN = process.env.DATABASE_URL ?? "postgres://postgres@127.0.0.1:54329/postgres";
const SECRET = randomBytes(32).toString("hex");
const KEYS = `k1:${randomBytes(32).toString("base64")}`;

/** What is taken away when these tests end. */
const places: string[] = [];
process.once("exit", () => places.forEach((place) => rmSync(place, { recursive: true, force: true })));

/** What tokens for programs are signed with: a pair of keys in files of their own. */
function tokenKeys(): NodeJS.ProcessEnv {
  const place = mkdtempSync(join(tmpdir(), "aura-e2e-keys-"));
  places.push(place);
  const { privateKey, publicKey } = generateKeyPairSync("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  });
  const [JWT_PRIVATE_KEY_PATH, JWT_PUBLIC_KEY_PATH] = [join(place, "private.pem"), join(place, "public.pem")];
  writeFileSync(JWT_PRIVATE_KEY_PATH, privateKey, { mode: 0o600 });
  writeFileSync(JWT_PUBLIC_KEY_PATH, publicKey);
  return { JWT_PRIVATE_KEY_PATH, JWT_PUBLIC_KEY_PATH };
}
export const TOKEN_KEYS = tokenKeys();

/** A port nobody listens on at this moment. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  await new Promise((done) => server.close(done));
  return port;
}

/** An HTTP server on a free port of this machine. */
export async function serve(listener: RequestListener): Promise<{ url: string; server: Server }> {
  const server = createServer(listener);
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server };
}

/** Runs a command of the program to its end, in an empty place without a `.env`. */
export async function command(word: string, environment: NodeJS.ProcessEnv): Promise<{ code: number | null; text: string }> {
  const child = spawn(BINARY, [word], { cwd: emptyPlace(), env: { PATH: process.env.PATH, ...environment }, stdio: "pipe" });
  let text = "";
  child.stdout.on("data", (chunk) => (text += chunk));
  child.stderr.on("data", (chunk) => (text += chunk));
  const late = setTimeout(() => child.kill("SIGKILL"), 30_000);
  const code = await new Promise<number | null>((done) => child.once("close", done));
  clearTimeout(late);
  return { code, text };
}

/** A directory with the built site and nothing that this clone configures. */
export function emptyPlace(): string {
  const place = mkdtempSync(join(tmpdir(), "aura-e2e-"));
  symlinkSync(resolve(ROOT, "Leptos.toml"), join(place, "Leptos.toml"));
  symlinkSync(resolve(ROOT, "target"), join(place, "target"));
  places.push(place);
  return place;
}

/** A database of its own, dropped by `drop`. */
export async function database(): Promise<{ url: string; drop: () => Promise<void> }> {
  const name = `aura_e2e_${randomBytes(6).toString("hex")}`;
  const run = async (statement: string) => {
    const client = new pg.Client({ connectionString: ADMIN });
    await client.connect();
    await client.query(statement);
    await client.end();
  };
  await run(`create database ${name}`);
  const url = new URL(ADMIN);
  url.pathname = `/${name}`;
  return { url: url.toString(), drop: () => run(`drop database if exists ${name} with (force)`) };
}

/** Outside services of one test alone, so that they can be ended under it. */
export class Outside {
  private child?: ChildProcess;
  private constructor(private readonly port: number, readonly smtpPort: number) {}

  get url(): string {
    return `http://localhost:${this.port}`;
  }

  static async on(): Promise<Outside> {
    const outside = new Outside(await freePort(), await freePort());
    await outside.start();
    return outside;
  }

  async start(): Promise<void> {
    const child = spawn(process.env.SANDBOX_BINARY ?? resolve(ROOT, "target/debug/sandbox"), {
      env: { PATH: process.env.PATH, SANDBOX_PORT: String(this.port), SANDBOX_SMTP_PORT: String(this.smtpPort) },
      stdio: "ignore",
    });
    this.child = child;
    const deadline = Date.now() + 20_000;
    while (!(await fetch(`${this.url}/_sandbox/journal`).then((answer) => answer.ok, () => false))) {
      if (child.exitCode !== null || Date.now() > deadline) throw new Error("the outside services did not start");
      await new Promise((done) => setTimeout(done, 50));
    }
  }

  /** All at once and without a word, as when a cable is pulled. */
  async kill(): Promise<void> {
    const child = this.child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((done) => child.once("exit", done));
    child.kill("SIGKILL");
    await gone;
  }
}

/** One server process of Aura, as a person would start it. */
export class Aura {
  private child?: ChildProcess;
  private output = "";
  constructor(
    readonly url: string,
    private readonly environment: NodeJS.ProcessEnv,
    private readonly directory: string = ROOT,
  ) {}

  /** Starts one on a free port. What else it is told may depend on the address that it gets. */
  static async on(
    databaseUrl: string,
    extra: NodeJS.ProcessEnv | ((url: string) => Promise<NodeJS.ProcessEnv>) = {},
    directory = ROOT,
  ): Promise<Aura> {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const told = typeof extra === "function" ? await extra(url) : extra;
    const aura = new Aura(url, {
      PATH: process.env.PATH,
      AURA_ENV: "development",
      AUTH_SECRET: SECRET,
      AURA_KEYS: KEYS,
      ...TOKEN_KEYS,
      AUTH_URL: url,
      PORT: String(port),
      LEPTOS_SITE_ADDR: `127.0.0.1:${port}`,
      METRICS_PORT: String(await freePort()),
      DATABASE_URL: databaseUrl,
      // The .env of this clone must not lead these processes elsewhere; an empty variable counts as absent.
      HOST_OVERRIDES: "",
      OPENAI_API_KEY: "",
      SMTP_HOST: "localhost",
      SMTP_PORT: process.env.SANDBOX_SMTP_PORT ?? "1025",
      ...told,
    }, directory);
    await aura.start();
    return aura;
  }

  async start(): Promise<void> {
    const child = spawn(BINARY, ["serve"], { cwd: this.directory, env: this.environment, stdio: ["ignore", "pipe", "pipe"] });
    child.stdout!.on("data", (chunk) => (this.output += chunk));
    child.stderr!.on("data", (chunk) => (this.output += chunk));
    this.child = child;
    const deadline = Date.now() + 60_000;
    for (;;) {
      if (child.exitCode !== null) throw new Error(`the server ended: ${this.output.slice(-2000)}`);
      const ready = await fetch(`${this.url}/readyz`).then((answer) => answer.ok, () => false);
      if (ready) return;
      if (Date.now() > deadline) throw new Error(`the server is not ready: ${this.output.slice(-2000)}`);
      await new Promise((done) => setTimeout(done, 100));
    }
  }

  /** The same with other settings, on the same address. It is not started. */
  told(extra: NodeJS.ProcessEnv): Aura {
    return new Aura(this.url, { ...this.environment, ...extra }, this.directory);
  }

  /** Runs another command of the program, set up as this server is, to its end. */
  async command(...words: string[]): Promise<{ code: number | null; text: string }> {
    const child = spawn(BINARY, words, { cwd: this.directory, env: this.environment, stdio: ["ignore", "pipe", "pipe"] });
    let text = "";
    child.stdout!.on("data", (chunk) => (text += chunk));
    child.stderr!.on("data", (chunk) => (text += chunk));
    const code = await new Promise<number | null>((done) => child.once("close", done));
    return { code, text };
  }

  /** Everything the process has printed. */
  log(): string {
    return this.output;
  }

  /** Ends the process: with SIGKILL as a power cut would, with SIGTERM as an operator would. */
  async end(signal: "SIGKILL" | "SIGTERM" = "SIGTERM"): Promise<void> {
    const child = this.child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((done) => child.once("exit", done));
    child.kill(signal);
    await gone;
  }
}
