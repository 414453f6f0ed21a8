import { PageScan } from "../kernel/page-scan.js";
import { treeDigest } from "../kernel/tree-digest.js";
import type { MachineMemory } from "../machine/machine.js";
import { type Bytes, PAGE_SIZE, type PageCount, type PageIndex } from "../units.js";
import type { FrameStream } from "../wire/frame.js";
import { MOVE_FRAMES } from "../wire/frame-types.js";

/** The digest of every page of a memory. */
export function digestMemory(memory: MachineMemory): BigUint64Array {
  const digests = new BigUint64Array(memory.pageCount);
  digestPages(memory, 0, memory.pageCount, digests);
  return digests;
}

/** Puts the digests of pages [from, to) where they belong. */
export function digestPages(
  memory: MachineMemory,
  from: PageIndex,
  to: PageCount,
  into: BigUint64Array,
): void {
  for (let page = from; page < to; ) {
    const bytes = memory.read(page, to);
    into.set(PageScan.digests(bytes), page);
    page += bytes.length / PAGE_SIZE;
  }
}

/** Digests that are digested at a time. */
const STRETCH_BYTES: Bytes = 2 ** 23;

/** One digest of all pages' digests: stretch after stretch, each with the digest of those before it; sixteen hexadecimal digits. */
export function rootOf(digests: BigUint64Array): string {
  let root = new Uint8Array(8);
  for (let at = 0; at < digests.byteLength; at += STRETCH_BYTES) {
    const length = Math.min(STRETCH_BYTES, digests.byteLength - at);
    const part = new Uint8Array(digests.buffer, digests.byteOffset + at, length);
    root = treeDigest(root, [part]).slice();
  }
  return Array.from(root, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Digests of pages in one frame. */
const DIGESTS_A_FRAME = 2 ** 17;

/** Shows every page's digest to a source that has found the root to differ. */
export function sendDigests(frames: FrameStream, digests: BigUint64Array): void {
  for (let at = 0; at < digests.length; at += DIGESTS_A_FRAME) {
    const part = digests.subarray(at, at + DIGESTS_A_FRAME);
    const bytes = new Uint8Array(part.buffer, part.byteOffset, part.byteLength);
    frames.send(MOVE_FRAMES.digests, [bytes]);
  }
}
