import { InvalidOptionError } from "../../errors.js";
import type { Bytes } from "../../units.js";

/** A part of a kernel's file and the memory that it fills. */
export interface KernelSegment {
  /** Where it goes, as a physical address. */
  readonly address: number;
  readonly bytes: Uint8Array;
  /** Length in memory; what the file does not have is zero. */
  readonly memoryBytes: Bytes;
}

/** What there is to place of an uncompressed 32-bit kernel. */
export interface KernelImage {
  /** Physical address of its first instruction. */
  readonly entry: number;
  readonly segments: readonly KernelSegment[];
  /** The first address behind it. */
  readonly end: number;
}

const ELF_HEADER_BYTES = 52;
const PROGRAM_HEADER_BYTES = 32;
const LOADABLE = 1;
const INTEL_80386 = 3;
/** "\x7fELF", 32 bits, little-endian, as one number. */
const ELF32_MAGIC = 0x464c457f;
const EXPECTED = "an uncompressed 32-bit x86 kernel (vmlinux, an ELF file)";

/**
 * Reads the program headers of a `vmlinux`.
 *
 * @throws InvalidOptionError when it is not one.
 */
export function readKernel(vmlinux: Uint8Array): KernelImage {
  const refuse = (why: string) =>
    new InvalidOptionError("vmlinux", `${vmlinux.length} bytes`, `${EXPECTED}; ${why}`);
  if (vmlinux.length < ELF_HEADER_BYTES) throw refuse("it is too short");
  const view = new DataView(vmlinux.buffer, vmlinux.byteOffset, vmlinux.byteLength);
  const isElf32 = view.getUint32(0, true) === ELF32_MAGIC && view.getUint16(4, true) === 0x0101;
  if (!isElf32 || view.getUint16(18, true) !== INTEL_80386)
    throw refuse("its header says otherwise");
  const table = view.getUint32(28, true);
  const count = view.getUint16(44, true);
  if (table + count * PROGRAM_HEADER_BYTES > vmlinux.length) throw refuse("it is cut short");
  const virtualEntry = view.getUint32(24, true);
  let entry: number | null = null;
  const segments: KernelSegment[] = [];
  for (let index = 0; index < count; index++) {
    const at = table + index * PROGRAM_HEADER_BYTES;
    if (view.getUint32(at, true) !== LOADABLE) continue;
    const [offset, virtual, address, fileBytes, memoryBytes] = [4, 8, 12, 16, 20].map((field) =>
      view.getUint32(at + field, true),
    ) as [number, number, number, number, number];
    if (offset + fileBytes > vmlinux.length || fileBytes > memoryBytes)
      throw refuse("it is cut short");
    segments.push({ address, bytes: vmlinux.subarray(offset, offset + fileBytes), memoryBytes });
    // The entry is given as a physical address, or as one of the kernel's own address space.
    const within = (base: number) => virtualEntry >= base && virtualEntry < base + memoryBytes;
    if (within(address)) entry = virtualEntry;
    else if (within(virtual)) entry = virtualEntry - virtual + address;
  }
  if (entry === null) throw refuse("its first instruction is in none of its segments");
  const end = Math.max(...segments.map(({ address, memoryBytes }) => address + memoryBytes));
  return { entry, segments, end };
}
