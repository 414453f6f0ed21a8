import { InvalidOptionError } from "../errors.js";
import type { Machine, MachineKind } from "../machine/machine.js";
import type { V86Guest } from "../machine/v86/options.js";
import type { GuestToStart, MachineToStart } from "./control-messages.js";

/** A machine's serial port, or whatever it prints to. */
export interface MachineConsole {
  /** Hears every byte. */
  listen(listener: (byte: number) => void): void;
  type(bytes: Uint8Array): void;
}

/** Kinds by name; each is loaded when it is first wanted, since its emulator may not even be installed. */
const LOADERS: Readonly<Record<string, () => Promise<MachineKind>>> = {
  v86: async () => (await import("../machine/v86/kind.js")).v86Kind,
};

/** Kinds of machines that a host can run. */
export const KINDS: readonly string[] = Object.keys(LOADERS);

/** A kind by its name. */
export async function loadKind(kind: string): Promise<MachineKind> {
  const load = LOADERS[kind];
  if (load === undefined) throw new InvalidOptionError("kind", kind, KINDS.join(", "));
  return load();
}

/** Builds a machine and lets it run. */
export async function startMachine(
  { memoryBytes, network, guest }: MachineToStart,
  files: readonly Uint8Array[],
): Promise<Machine> {
  const { V86Machine } = await import("../machine/v86/v86-machine.js");
  const booted = await guestOf(guest, files);
  const machine = await V86Machine.create({ memoryBytes, network, guest: booted });
  await machine.resume();
  return machine;
}

async function guestOf(
  { type, commandLine }: GuestToStart,
  [first, second]: readonly Uint8Array[],
): Promise<V86Guest> {
  const words = commandLine === undefined ? {} : { commandLine };
  if (type === "test") {
    const { testGuest } = await import("../machine/v86/test-guest.js");
    return { ...testGuest(), ...words };
  }
  if (type === "multiboot" && first) return { multiboot: first, ...words };
  if (first && second) return { linux: { vmlinux: first, initramfs: second, ...words } };
  throw new InvalidOptionError("guest", type, "a guest that comes with its files");
}

/** The console of a machine, if it has one. */
export function consoleOf(machine: Machine): MachineConsole | null {
  if (!hasSerialPort(machine)) return null;
  const decoder = new TextDecoder();
  return {
    listen: (listener) => void machine.onSerial(listener),
    type: (bytes) => machine.sendSerial(decoder.decode(bytes, { stream: true })),
  };
}

interface SerialPort {
  onSerial(listener: (byte: number) => void): () => void;
  sendSerial(text: string): void;
}

function hasSerialPort(machine: Machine): machine is Machine & SerialPort {
  return "onSerial" in machine && "sendSerial" in machine;
}
