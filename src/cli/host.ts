import { resolve } from "node:path";
import { type Command, Option } from "commander";
import { InvalidOptionError } from "../errors.js";
import { makeTokenFile } from "../files/token-file.js";
import { Host } from "../host/host.js";
import type { HostEvent } from "../machine.js";
import { parseCount, parseSize } from "../scenario/quantities.js";
import {
  addCredentialFlags,
  DEFAULT_HOST,
  type HostFlags,
  locateHost,
  readCredentials,
  runOnHost,
} from "./host-flags.js";
import { type CliWorld, EXIT, type ExitCode } from "./world.js";

const EXAMPLES = `
Examples: two hosts on this computer, a machine, and its move.
  $ godwit host --listen tcp://127.0.0.1:7700 &
  $ godwit host --listen tcp://127.0.0.1:7701 &
  $ godwit start v86 --name pc1 --guest test --on tcp://127.0.0.1:7700
  $ godwit move pc1 --from tcp://127.0.0.1:7700 --to tcp://127.0.0.1:7701

Hosts on two computers share a token, which is never sent; --new-token makes one.
  $ godwit host --listen tcp://10.0.0.1:7700 --new-token token
  $ scp token other: && ssh other godwit host --listen tcp://10.0.0.2:7700 --token-file token

With a token alone nothing is encrypted: on networks that others use, listen at tls:// (TLS 1.3), with
--tls-ca, --tls-cert and --tls-key: both ends show a certificate, each signed by the other's authority.
Without either only this computer's own addresses are listened at, and everybody on it may command the host.

Ctrl-C ends the host when no machine runs on it; before, it lets no more in and ends when the last one
has left. Ctrl-C again ends it at once: what its machines had in memory is lost.
Environment: GODWIT_TOKEN_FILE is the default of --token-file.
Exit codes: 0 done, 1 usage, 70 a bug in godwit, 130 ended while machines ran.`;

interface Flags extends HostFlags {
  readonly listen: readonly string[];
  readonly newToken?: string;
  readonly maxMemory?: string;
  readonly maxMachineMemory?: string;
  readonly maxMachines?: string;
}

const NAMES = {
  listen: "--listen",
  address: "--listen",
  memoryBytes: "--max-memory",
  machineBytes: "--max-machine-memory",
  machines: "--max-machines",
};

/** `godwit host`: a process that runs machines, and lets them come and go. */
export function addHostCommand(
  program: Command,
  world: CliWorld,
  exit: (code: ExitCode) => void,
): void {
  const command = program
    .command("host")
    .summary("run machines, and let them come and go")
    .description(
      "Runs machines, each in a thread of its own, and receives those that others move here.",
    )
    .addOption(
      new Option(
        "--listen <ADDRESS>",
        "where, more than once if wanted: tcp://HOST:PORT, unix:PATH, tls://HOST:PORT or ws://HOST:PORT; port 0 is any",
      ).argParser((value: string, before: string[] | undefined) => [...(before ?? []), value]),
    )
    .optionsGroup("Limits:")
    .option("--max-memory <SIZE>", "memory of all machines (default: half of this computer's)")
    .option("--max-machine-memory <SIZE>", "memory of one (default: as much)")
    .option("--max-machines <N>", "how many machines", "64");
  addCredentialFlags(command)
    .option("--new-token <FILE>", "make a token, store it in a new file and use it")
    .helpOption("-h, --help", "print this help")
    .addHelpText("after", EXAMPLES)
    .action(async (flags: Flags) => {
      exit(await runHost(world, flags));
    });
}

async function runHost(world: CliWorld, flags: Flags): Promise<ExitCode> {
  const { listen = [DEFAULT_HOST] } = flags;
  const credentials = readHostCredentials(world, flags);
  const size = (option: string, value: string | undefined) =>
    value === undefined ? undefined : parseSize(option, value);
  const memoryBytes = size("--max-memory", flags.maxMemory) ?? world.memoryBytes / 2;
  const machineBytes = size("--max-machine-memory", flags.maxMachineMemory) ?? memoryBytes;
  const machines = parseCount("--max-machines", flags.maxMachines ?? "64", 1, 1024);
  return runOnHost(world, NAMES, async ({ signal, say }) => {
    const host = await Host.start({
      listen: listen.map((address) => locateHost(world, address)),
      credentials,
      limits: { memoryBytes, machineBytes, machines },
      onEvent: (event) => say(eventText(event)),
    });
    for (const address of host.addresses) world.stdout.write(`listening at ${address}\n`);
    await aborted(signal);
    const names = host.machines.map(({ name }) => name);
    if (names.length > 0) {
      const many = names.length === 1 ? "machine runs" : "machines run";
      say(
        `${names.length} ${many} here: ${names.join(", ")}. This host lets no more in, and ends when the last has left (godwit move, godwit stop).`,
      );
      say("Ctrl-C again ends it at once: what they have in memory is lost.");
    }
    await host.drain();
    return EXIT.done;
  });
}

function readHostCredentials(world: CliWorld, flags: Flags) {
  const { newToken, tokenFile } = flags;
  if (newToken === undefined) return readCredentials(world, flags);
  if (tokenFile !== undefined) {
    throw new InvalidOptionError(
      "--new-token",
      newToken,
      "no token to be made beside --token-file",
    );
  }
  const { tls } = readCredentials({ ...world, env: {} }, flags);
  return { token: makeTokenFile("--new-token", resolve(world.folder, newToken), newToken), tls };
}

/** What happened, in a line. */
export function eventText(event: HostEvent): string {
  switch (event.type) {
    case "started":
      return `${event.name} was started`;
    case "arrived":
      return `${event.name} came from ${event.from}`;
    case "left":
      return `${event.name} moved to ${event.to}`;
    case "stayed":
      return `${event.name} stays: ${event.reason}`;
    case "stopped":
      return `${event.name} was stopped`;
    case "lost":
      return `${event.name} is lost: ${event.reason}`;
    case "refused":
      return `refused ${event.peer}: ${event.reason}`;
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
