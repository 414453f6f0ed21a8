import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Command } from "commander";
import { InvalidOptionError } from "../errors.js";
import { attempt, statOfReadable } from "../files/file-errors.js";
import type { V86ToStart } from "../machine.js";
import { formatBytes } from "../quantity-text.js";
import { parseSize } from "../scenario/quantities.js";
import { addHostFlags, ENVIRONMENT, type HostFlags, hostOf, runOnHost } from "./host-flags.js";
import { type CliWorld, EXIT, type ExitCode } from "./world.js";

const EXAMPLES = `
Examples:
  $ godwit start v86 --name pc1 --guest test
  $ godwit start v86 --name pc2 --guest kernel.bin --command-line "console=serial" --memory 64MiB
  $ godwit start v86 --name pc3 --guest linux --memory 128MiB
  $ godwit console pc1

v86 is an emulated PC; it needs the package v86 beside godwit (npm install v86@0.5.462).
Guests: test, a tiny program that writes all over its memory and notices a single wrong page; linux,
Debian's kernel with busybox, which are fetched when they are first wanted; or the file of a multiboot kernel.
${ENVIRONMENT}
Exit codes: 0 done, 1 usage, 3 the host cannot be reached or refused.`;

const MAX_FILE = 256 * 2 ** 20;
const DEFAULT_MEMORY = { test: "32MiB", linux: "128MiB", multiboot: "64MiB" };

interface StartFlags extends HostFlags {
  readonly name: string;
  readonly guest: string;
  readonly commandLine?: string;
  readonly memory?: string;
}

/** `godwit start`: a machine begins to run on a host. */
export function addStartCommand(
  program: Command,
  world: CliWorld,
  exit: (code: ExitCode) => void,
): void {
  const command = program
    .command("start")
    .summary("start a machine on a host")
    .description("Starts a machine on a host.")
    .argument("<KIND>", "kind of machine: v86, an emulated PC")
    .requiredOption("--name <NAME>", "what it is to be called")
    .optionsGroup("The machine:")
    .option("--guest <GUEST>", "test, linux, or FILE: a multiboot kernel", "test")
    .option("--command-line <TEXT>", "what the guest's kernel is told")
    .option("--memory <SIZE>", "its memory (default: 32MiB for test, 128MiB for linux, else 64MiB)")
    .optionsGroup("Where:");
  addHostFlags(command)
    .helpOption("-h, --help", "print this help")
    .addHelpText("after", EXAMPLES)
    .action(async (kind: string, flags: StartFlags) => {
      exit(await start(world, kind, flags));
    });
}

async function start(world: CliWorld, kind: string, flags: StartFlags): Promise<ExitCode> {
  if (kind !== "v86") throw new InvalidOptionError("KIND", kind, "v86");
  const { name } = flags;
  const host = hostOf(world, flags);
  const machine = readMachine(flags);
  await runOnHost(world, {}, async ({ signal, show }) => {
    const files = await guestFiles(world, flags.guest, show);
    show(`starting ${name} on ${host.address}`);
    await host.start(name, machine, { files, signal });
  });
  const memory = formatBytes(machine.memoryBytes);
  world.stdout.write(`started ${name}, a ${kind} with ${memory}, on ${host.address}\n`);
  return EXIT.done;
}

function readMachine({ guest, commandLine, memory }: StartFlags): V86ToStart {
  const type = guest === "test" || guest === "linux" ? guest : "multiboot";
  const memoryBytes = parseSize("--memory", memory ?? DEFAULT_MEMORY[type]);
  return {
    kind: "v86",
    memoryBytes,
    // A host has no network that a card could be plugged into.
    network: null,
    guest: { type, commandLine },
  };
}

async function guestFiles(
  world: CliWorld,
  guest: string,
  show: (text: string) => void,
): Promise<Uint8Array[]> {
  if (guest === "test") return [];
  if (guest !== "linux") return [readGuest(world, guest)];
  show("looking for Debian's kernel; the first time it is fetched");
  const { linuxGuestFiles } = await import("../files/linux-guest-files.js");
  const { vmlinux, initramfs } = await linuxGuestFiles();
  return [vmlinux, initramfs];
}

function readGuest(world: CliWorld, guest: string): Uint8Array {
  const path = resolve(world.folder, guest);
  const expected = "test, linux or the file of a multiboot kernel";
  const { size } = statOfReadable("--guest", path, expected, guest);
  if (size > MAX_FILE) {
    throw new InvalidOptionError("--guest", guest, `a file of at most ${formatBytes(MAX_FILE)}`);
  }
  return attempt("--guest", guest, expected, () => readFileSync(path));
}
