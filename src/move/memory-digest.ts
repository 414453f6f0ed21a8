import { PageScan } from "../kernel/page-scan.js";
import { treeDigest } from "../kernel/tree-digest.js";
import type { MachineMemory } from "../machine/machine.js";
import { type Bytes, PAGE_SIZE } from "../units.js";

/** The digest of every page of a memory. */
export function digestMemory(memory: MachineMemory): BigUint64Array {
  const digests = new BigUint64Array(memory.pageCount);
  for (let page = 0; page < memory.pageCount; ) {
    const bytes = memory.read(page, memory.pageCount);
    digests.set(PageScan.digests(bytes), page);
    page += bytes.length / PAGE_SIZE;
  }
  return digests;
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
