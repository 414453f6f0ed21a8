import { InvalidOptionError } from "../../errors.js";
import type { Bytes } from "../../units.js";
import { readKernel } from "./linux-kernel.js";
import { BOOT_PARAMETERS, linuxStub } from "./linux-stub.js";

/** A Linux kernel and its first file system; `linuxGuestFiles` of the Node entry prepares Debian's. */
export interface LinuxGuest {
  /** An uncompressed 32-bit kernel without PAE, as an ELF file. */
  readonly vmlinux: Uint8Array;
  /** An initramfs: a cpio archive, compressed or not. */
  readonly initramfs: Uint8Array;
  /** Words for the end of {@link LINUX_COMMAND_LINE}. */
  readonly commandLine?: string;
}

/**
 * What every kernel is told: a console on the serial line, none of the hardware that v86 has not, and none
 * of the self-tests and keys that only cost start-up time. Without them an emulated boot takes twice as long.
 */
export const LINUX_COMMAND_LINE: string = [
  "console=ttyS0 quiet",
  "acpi=off noapic nolapic nosmp pnpbios=off nomce mce=off no_timer_check",
  "mitigations=off nokaslr random.trust_cpu=on cryptomgr.notests 8250.nr_uarts=1",
  `initcall_blacklist=${[
    "crypto_algapi_init",
    "crypto_kdf108_init",
    "load_system_certificate_list",
    "isapnp_init",
    "init_kprobe_trace",
    "blake2s_mod_init",
    "init_encrypted",
  ].join(",")}`,
].join(" ");

/** Least memory with which Debian's kernel of 2022 (6.1) starts. */
export const LEAST_LINUX_BYTES: Bytes = 40 * 2 ** 20;

const PAGE = 4096;
const COMMAND_LINE = 0x20000;
/** As far as the kernel reads. */
const COMMAND_LINE_BYTES = 2048;
/** Free memory above the initramfs, where a BIOS has its tables. */
const TOP_BYTES = 64 << 10;

/** Offsets in the kernel's `struct boot_params` (Documentation/x86/zero-page.rst). */
const FIELD = {
  textColumns: 0x07,
  textRows: 0x0e,
  isVga: 0x0f,
  memoryMapEntries: 0x1e8,
  signature: 0x202,
  version: 0x206,
  loader: 0x210,
  initramfsAddress: 0x218,
  initramfsBytes: 0x21c,
  commandLine: 0x228,
  memoryMap: 0x2d0,
} as const;
const SIGNATURE = 0x53726448;
const PROTOCOL = 0x20f;
const UNREGISTERED_LOADER = 0xff;
const USABLE = 1;
const RESERVED = 2;

/**
 * The image that starts it: what v86 is to load by multiboot.
 *
 * @throws InvalidOptionError when the kernel is not one.
 */
export function linuxBootImage(guest: LinuxGuest): Uint8Array {
  return linuxStub(readKernel(guest.vmlinux).entry);
}

/**
 * Does what a boot loader and a BIOS do: puts kernel, initramfs, command line and memory map into the memory
 * of a machine that has not run yet.
 *
 * @param memory - All of the guest's memory.
 * @throws InvalidOptionError when they do not fit, or are not what they should be.
 */
export function placeLinux(memory: Uint8Array, guest: LinuxGuest): void {
  const { segments, end } = readKernel(guest.vmlinux);
  if (memory.length < LEAST_LINUX_BYTES) {
    throw new InvalidOptionError("memory", memory.length, `at least ${LEAST_LINUX_BYTES} bytes`);
  }
  const initramfs = (memory.length - guest.initramfs.length - TOP_BYTES) & -PAGE;
  if (initramfs < end) {
    throw new InvalidOptionError("memory", memory.length, "room for the kernel and its initramfs");
  }
  for (const { address, bytes, memoryBytes } of segments) {
    memory.set(bytes, address);
    memory.fill(0, address + bytes.length, address + memoryBytes);
  }
  memory.set(guest.initramfs, initramfs);
  memory.set(commandLineOf(guest), COMMAND_LINE);
  placeBootParameters(memory, initramfs, guest.initramfs.length);
}

function commandLineOf({ commandLine = "" }: LinuxGuest): Uint8Array {
  const bytes = new TextEncoder().encode(`${LINUX_COMMAND_LINE} ${commandLine}\0`);
  if (bytes.length <= COMMAND_LINE_BYTES && !commandLine.includes("\0")) return bytes;
  const expected = `text of at most ${COMMAND_LINE_BYTES - LINUX_COMMAND_LINE.length - 2} bytes`;
  throw new InvalidOptionError("commandLine", commandLine, expected);
}

function placeBootParameters(memory: Uint8Array, initramfs: number, initramfsBytes: Bytes): void {
  memory.fill(0, BOOT_PARAMETERS, BOOT_PARAMETERS + PAGE);
  const view = new DataView(memory.buffer, memory.byteOffset + BOOT_PARAMETERS, PAGE);
  view.setUint8(FIELD.textColumns, 80);
  view.setUint8(FIELD.textRows, 25);
  view.setUint8(FIELD.isVga, 1);
  view.setUint32(FIELD.signature, SIGNATURE, true);
  view.setUint16(FIELD.version, PROTOCOL, true);
  view.setUint8(FIELD.loader, UNREGISTERED_LOADER);
  view.setUint32(FIELD.initramfsAddress, initramfs, true);
  view.setUint32(FIELD.initramfsBytes, initramfsBytes, true);
  view.setUint32(FIELD.commandLine, COMMAND_LINE, true);
  // The hole below 1 MiB is the PC's: the BIOS' data, the screen, the BIOS.
  const map: [address: number, bytes: Bytes, kind: number][] = [
    [0, 0x9fc00, USABLE],
    [0x9fc00, 0x400, RESERVED],
    [0xf0000, 0x10000, RESERVED],
    [0x100000, memory.length - 0x100000, USABLE],
  ];
  view.setUint8(FIELD.memoryMapEntries, map.length);
  map.forEach(([address, bytes, kind], index) => {
    const at = FIELD.memoryMap + 20 * index;
    view.setUint32(at, address, true);
    view.setUint32(at + 8, bytes, true);
    view.setUint32(at + 16, kind, true);
  });
}
