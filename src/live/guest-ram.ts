import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { QemuMonitor } from "../qmp/qemu-monitor.js";
import { type Bytes, PAGE_SIZE } from "../units.js";

/** A stretch of guest-physical addresses behind which a block of RAM lies. */
export interface RamRange {
  readonly block: string;
  /** Guest-physical address of its first byte. */
  readonly address: number;
  /** Where that byte is in the block. */
  readonly offset: Bytes;
  readonly length: Bytes;
}

/** Below, devices and the BIOS look through the RAM. */
const LOW_BYTES: Bytes = 2 ** 20;
/** What is read of a guest at a time. */
const PIECE: Bytes = 64 * 2 ** 20;

/** Where a QEMU's RAM lies in its guest's address space, from 1 MiB on. */
export async function ramRanges(monitor: QemuMonitor): Promise<readonly RamRange[]> {
  return parseRamRanges(await monitor.human("info mtree -f"));
}

/** Reads what the human monitor answers to `info mtree -f`. */
export function parseRamRanges(text: string): readonly RamRange[] {
  const views = text.replaceAll("\r", "").split(/^FlatView #/m);
  const memory = views.find((view) => /^ AS "memory",/m.test(view)) ?? "";
  const line = /^ {2}([0-9a-f]{16})-([0-9a-f]{16}) \(prio -?\d+, ram\): (\S+)(?: @([0-9a-f]{16}))?/;
  return memory.split("\n").flatMap((row) => {
    const found = line.exec(row);
    if (found === null) return [];
    const [, from = "", to = "", block = "", at = "0"] = found;
    const first = Number.parseInt(from, 16);
    const address = Math.max(first, LOW_BYTES);
    const length = Number.parseInt(to, 16) + 1 - address;
    const offset = Number.parseInt(at, 16) + address - first;
    return length > 0 && length % PAGE_SIZE === 0 ? [{ block, address, offset, length }] : [];
  });
}

/** Reads a range piece by piece, through files that QEMU writes; it must run on this machine. */
export async function* readRam(
  monitor: QemuMonitor,
  range: RamRange,
): AsyncGenerator<{ readonly offset: Bytes; readonly bytes: Uint8Array }> {
  const folder = await mkdtemp(join(tmpdir(), "godwit-memory-"));
  const path = join(folder, "piece");
  try {
    for (let at = 0; at < range.length; at += PIECE) {
      await monitor.pmemsave(range.address + at, Math.min(PIECE, range.length - at), path);
      yield { offset: range.offset + at, bytes: await readFile(path) };
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
