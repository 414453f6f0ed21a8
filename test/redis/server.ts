import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";

/** A Redis server of a test's own, and a folder with it. */
export interface RedisServer {
  readonly folder: string;
  readonly url: string;
  readonly client: Redis;
  /** Runs the built command line; its words are kept. */
  godwit(...args: string[]): Running;
  /** Ends all of it. */
  stop(): Promise<void>;
}

/** A command under way. */
export interface Running {
  readonly process: ChildProcess;
  readonly ended: Promise<{ code: number | null; out: string; err: string }>;
  /** Resolves once it has written so to stderr. */
  says(text: string): Promise<void>;
}

const COMMAND = new URL("../../dist/cli/main.js", import.meta.url).pathname;

/** Starts a server that keeps nothing on disk. */
export async function startRedis(): Promise<RedisServer> {
  const folder = mkdtempSync(join(tmpdir(), "godwit-redis-"));
  const port = await freePort();
  const program = process.env["GODWIT_REDIS_SERVER"] ?? "redis-server";
  const options = ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--dir", folder];
  const server = spawn(program, options, { stdio: "ignore" });
  const client = new Redis({ port, maxRetriesPerRequest: null });
  // Until it listens, every attempt is refused.
  client.on("error", () => undefined);
  await client.ping();
  const children: ChildProcess[] = [];
  return {
    folder,
    client,
    url: `redis://127.0.0.1:${port}/test`,
    godwit(...args) {
      const child = spawn(process.execPath, [COMMAND, ...args], { cwd: folder });
      children.push(child);
      return watch(child);
    },
    async stop() {
      for (const child of children) child.kill("SIGKILL");
      client.disconnect();
      const gone = new Promise((resume) => server.once("exit", resume));
      server.kill("SIGKILL");
      await gone;
      rmSync(folder, { recursive: true });
    },
  };
}

function watch(child: ChildProcess): Running {
  let out = "";
  let err = "";
  const listeners = new Set<() => void>();
  child.stdout?.on("data", (data) => {
    out += data;
  });
  child.stderr?.on("data", (data) => {
    err += data;
    for (const listener of listeners) listener();
  });
  const ended = new Promise<{ code: number | null; out: string; err: string }>((resume) => {
    child.once("close", (code) => resume({ code, out, err }));
  });
  return {
    process: child,
    ended,
    says: (text) =>
      new Promise((resume, reject) => {
        const look = (): void => void (err.includes(text) && resume());
        listeners.add(look);
        look();
        ended.then(() => reject(new Error(`it never said ${text}, but: ${err}`)));
      }),
  };
}

function freePort(): Promise<number> {
  return new Promise((resume, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => resume(typeof address === "object" && address ? address.port : 0));
    });
  });
}
