import { type LinuxGuest, testGuest, type V86Guest, V86Machine } from "../machine-browser.js";
import type { Bytes } from "../units.js";
import type { GuestChoice } from "./worker-messages.js";

/** Where the page's server has v86's module. */
export const V86_WASM = "/v86/v86.wasm";

/** Enough to look busy, and little enough for a few rounds to catch up with. */
const TEST_GUEST = { pages: 1024, delay: 4000, paging: true, irq: true, exec: true } as const;

/**
 * Makes a PC that boots a guest.
 *
 * @param linux - Paths of Linux's files on the page's server.
 */
export async function makePc(
  guest: GuestChoice,
  memoryBytes: Bytes,
  linux: Readonly<Record<string, string>> | null,
): Promise<V86Machine> {
  const boots = guest === "test" ? testGuest(TEST_GUEST) : await linuxGuest(linux ?? {});
  const pc = await V86Machine.create({ memoryBytes, guest: boots, wasm: V86_WASM });
  hasten(pc);
  return pc;
}

/**
 * Between two slices v86 lets another thread wake it, which takes a while on a busy computer. A message to
 * oneself comes at once, and after all that waited before.
 */
export function hasten({ emulator }: V86Machine): void {
  const runner = emulator.v86;
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = ({ data }) => runner.yield_callback(data);
  runner.yield = (delayMs, tick) => {
    if (delayMs < 1) port2.postMessage(tick);
    else setTimeout(() => runner.yield_callback(tick), delayMs);
  };
}

/** Linux with its messages on the screen and its shell on the serial line. */
async function linuxGuest({
  vmlinux = "",
  initramfs = "",
}: Readonly<Record<string, string>>): Promise<V86Guest> {
  const [kernel, files] = await Promise.all([download(vmlinux), download(initramfs)]);
  const commandLine = "console=tty0 console=ttyS0";
  const linux: LinuxGuest = { vmlinux: kernel, initramfs: files, commandLine };
  return { linux };
}

async function download(path: string): Promise<Uint8Array> {
  const response = await fetch(path);
  if (!response.ok) throw new Error(`The server has no Linux: ${(await response.text()).trim()}`);
  return new Uint8Array(await response.arrayBuffer());
}
