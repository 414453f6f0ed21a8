import type { Command } from "commander";
import { HostClient } from "../host/client.js";
import { parseTime } from "../scenario/quantities.js";
import { toMilliseconds } from "../units.js";
import {
  addHostFlags,
  ENVIRONMENT,
  type HostFlags,
  hostOf,
  readCredentials,
  runOnHost,
} from "./host-flags.js";
import type { LiveScreen } from "./live-session.js";
import { type CliWorld, EXIT, type ExitCode, type Keyboard } from "./world.js";

const EXAMPLES = `
Examples:
  $ godwit console pc1
  $ echo "uname -a" | godwit console pc3 --for 2s

On a terminal every key goes to the machine, Ctrl-C too; Ctrl-] leaves. The last 64 KiB that the machine
printed on this host come first. A machine that moves is followed to its new host.
${ENVIRONMENT}
Exit codes: 0 done, 1 usage, 3 the host cannot be reached or refused, 130 interrupted.`;

/** Ctrl-], as telnet has it. */
const LEAVE = 0x1d;

type ConsoleFlags = HostFlags & { readonly for?: string };

/** `godwit console`: what a machine prints, and keys for it. */
export function addConsoleCommand(
  program: Command,
  world: CliWorld,
  exit: (code: ExitCode) => void,
): void {
  const command = program
    .command("console")
    .summary("attach to a machine's console")
    .description("Shows what a machine prints on its serial port, and types what you type.")
    .argument("<NAME>", "the machine");
  addHostFlags(command.option("--for <TIME>", "leave after so long"))
    .helpOption("-h, --help", "print this help")
    .addHelpText("after", EXAMPLES)
    .action(async (name: string, flags: ConsoleFlags) => {
      exit(await attach(world, name, flags));
    });
}

async function attach(world: CliWorld, name: string, flags: ConsoleFlags): Promise<ExitCode> {
  const forMs = flags.for === undefined ? null : toMilliseconds(parseTime("--for", flags.for));
  const host = hostOf(world, flags);
  const leave = new AbortController();
  const timer = forMs === null ? undefined : setTimeout(() => leave.abort(), forMs);
  const keyboard = new Keys(world.openStdin(), () => leave.abort());
  try {
    return await runOnHost(world, {}, (screen) =>
      follow(world, host, flags, { name, keyboard, left: leave.signal, screen }),
    );
  } finally {
    clearTimeout(timer);
    keyboard.release();
  }
}

interface Attachment {
  readonly name: string;
  readonly keyboard: Keys;
  /** Set when the user has left. */
  readonly left: AbortSignal;
  readonly screen: LiveScreen;
}

/** From host to host, wherever the machine goes. */
async function follow(
  world: CliWorld,
  first: HostClient,
  flags: HostFlags,
  { name, keyboard, left, screen }: Attachment,
): Promise<ExitCode> {
  let host = first;
  for (;;) {
    const session = await host.console(name, {
      onOutput: (bytes) => world.stdout.write(bytes),
      signal: AbortSignal.any([left, screen.signal]),
    });
    keyboard.attach((bytes) => session.type(bytes));
    if (keyboard.isTerminal && host === first) screen.say(`attached to ${name}; Ctrl-] leaves\r`);
    const { movedTo, reason } = await session.ended;
    if (left.aborted) return EXIT.done;
    if (screen.signal.aborted) return EXIT.interrupted;
    if (movedTo === null) {
      screen.say(`\r\n${name}: ${reason}\r`);
      return EXIT.done;
    }
    screen.say(`\r\n${name} moved to ${movedTo}\r`);
    host = new HostClient(movedTo, readCredentials(world, flags));
  }
}

/** What is typed, every key as it is pressed. */
class Keys {
  readonly isTerminal: boolean;
  readonly #keyboard: Keyboard;
  #listener: (bytes: Uint8Array) => void = () => undefined;

  constructor(keyboard: Keyboard, onLeave: () => void) {
    this.#keyboard = keyboard;
    this.isTerminal = keyboard.isTTY === true;
    keyboard.on("data", (bytes) => {
      const at = this.isTerminal ? bytes.indexOf(LEAVE) : -1;
      this.#listener(at < 0 ? bytes : bytes.subarray(0, at));
      if (at >= 0) onLeave();
    });
    if (this.isTerminal) keyboard.setRawMode?.(true);
  }

  attach(listener: (bytes: Uint8Array) => void): void {
    this.#listener = listener;
  }

  release(): void {
    if (this.isTerminal) this.#keyboard.setRawMode?.(false);
    this.#keyboard.destroy();
  }
}
