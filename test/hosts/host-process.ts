import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { HostClient } from "../../src/host/client.js";
import type { V86ToStart } from "../../src/host/control-messages.js";
import { type Credentials, NO_CREDENTIALS } from "../../src/host/credentials.js";
import { checksumAt, testGuestReports } from "../../src/machine/v86/test-guest.js";

const MAIN = "dist/cli/main.js";

/** The built-in test guest. */
export const TEST_PC: V86ToStart = {
  kind: "v86",
  memoryBytes: 16 * 2 ** 20,
  network: null,
  guest: { type: "test" },
};

/** A host that is a process of its own, as a user starts one. */
export class HostProcess {
  readonly address: string;
  readonly client: HostClient;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, address: string, credentials: Credentials) {
    this.#child = child;
    this.address = address;
    this.client = new HostClient(address, credentials);
  }

  /** Starts it; it listens at a port that the system chooses. */
  static async start(
    args: readonly string[] = [],
    credentials: Credentials = NO_CREDENTIALS,
  ): Promise<HostProcess> {
    if (!existsSync(MAIN)) throw new Error(`${MAIN} is missing: run \`npm run build\` first`);
    const listen = args.includes("--listen") ? [] : ["--listen", "tcp://127.0.0.1:0"];
    const child = spawn(process.execPath, [MAIN, "host", ...listen, ...args], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let said = "";
    for await (const chunk of child.stdout) {
      said += chunk;
      const address = /^listening at (\S+)\n/m.exec(said)?.[1];
      if (address !== undefined) return new HostProcess(child, address, credentials);
    }
    throw new Error(`the host ended: ${said}`);
  }

  /** Ends it as no program can prevent. */
  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, "exit");
    this.#child.kill("SIGKILL");
    await ended;
  }

  /** Presses Ctrl-C. */
  interrupt(): void {
    this.#child.kill("SIGINT");
  }

  /** Its exit code, once it has ended. */
  async ended(): Promise<number | null> {
    if (this.#child.exitCode === null) await once(this.#child, "exit");
    return this.#child.exitCode;
  }

  /** What a machine prints here until there are so many more reports of the test guest; all of them are held to be right. */
  async reports(name: string, more: number) {
    const leave = new AbortController();
    let printed = "";
    const session = await this.client.console(name, {
      signal: leave.signal,
      onOutput(bytes) {
        printed += new TextDecoder("latin1").decode(bytes);
        const enough = testGuestReports(printed).length >= more;
        if (enough || printed.includes("BAD")) leave.abort();
      },
    });
    await session.ended;
    if (printed.includes("BAD")) throw new Error(`the guest found a wrong page: ${printed}`);
    const reports = testGuestReports(printed);
    for (const { count, checksum, bad } of reports) {
      if (bad !== 0 || checksum !== checksumAt(count)) {
        throw new Error(`after ${count} steps the guest is wrong: ${checksum}, ${bad} bad pages`);
      }
    }
    return reports;
  }
}

/** What a command printed, and its exit code. */
export interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs a command of godwit as a user does; `typed` is piped in. */
export async function godwit(argv: readonly string[], typed = "", env = {}): Promise<Ran> {
  const child = spawn(process.execPath, [MAIN, ...argv], { env: { ...process.env, ...env } });
  let [out, err] = ["", ""];
  child.stdout.on("data", (chunk) => {
    out += chunk;
  });
  child.stderr.on("data", (chunk) => {
    err += chunk;
  });
  child.stdin.end(typed);
  await once(child, "close");
  return { code: child.exitCode, out, err };
}

/** A folder of its own for a test. */
export function scratchFolder(): {
  readonly path: string;
  file(name: string): string;
  remove(): void;
} {
  const path = mkdtempSync(join(tmpdir(), "godwit-host-"));
  return {
    path,
    file: (name) => join(path, name),
    remove: () => rmSync(path, { recursive: true, force: true }),
  };
}
