import { assert } from "../errors.js";
import { type Bytes, PAGE_SIZE } from "../units.js";
import type { Pointer } from "./exports.js";
import { createKernel, type Kernel } from "./load.js";

/** Blocks that are brought in at a time: 32 KiB, which the first-level cache hands on to the kernel. */
const PIECE_BLOCKS = 8;
const PIECE_BYTES: Bytes = PIECE_BLOCKS * PAGE_SIZE;
/** What the last block has beside its list: 8 bytes of head and the length. */
const HEAD_BYTES: Bytes = 8;
const LIST_AT: Bytes = 16;
const LIST_ROOM: Bytes = PAGE_SIZE - LIST_AT;
const DIGEST_BYTES: Bytes = 8;
/** Digests of the first level; as many as make eight of the second, which fit the last block in any case. */
const MAX_BLOCKS = (PIECE_BLOCKS * PAGE_SIZE) / DIGEST_BYTES;
const MAX_BYTES: Bytes = MAX_BLOCKS * PAGE_SIZE;

interface Workbench {
  readonly kernel: Kernel;
  readonly piece: Pointer;
  readonly list: Pointer;
  readonly top: Pointer;
  readonly answer: Pointer;
  readonly pieceBytes: Uint8Array;
  readonly listBytes: Uint8Array;
  readonly topBytes: Uint8Array;
  readonly topLength: DataView;
  readonly answerBytes: Uint8Array;
}

let workbench: Workbench | undefined;

/**
 * A digest of 64 bits of bytes that lie in parts, as if they were one. With X the XXH3 (64 bits, seed 0) of a block of
 * 4096 bytes, it is
 *
 *   X(head, u64 length, L, zeros to the block's end)
 *
 * where L is the bytes themselves, and while L is longer than 4080 bytes it is replaced by the digests X
 * of its blocks, 8 bytes each, little-endian, the last block filled up with zeros. It finds damage; it is no
 * protection against those who damage on purpose.
 *
 * @param head - Eight bytes that are digested too.
 * @param parts - At most 16 MiB in all, in any memory.
 * @returns Eight bytes, little-endian, valid until the next call.
 */
export function treeDigest(head: Uint8Array, parts: readonly Uint8Array[]): Uint8Array {
  workbench ??= createWorkbench();
  const bench = workbench;
  const { kernel, top, topBytes, topLength, answer } = bench;
  let length = 0;
  for (const part of parts) length += part.length;
  assert(head.length === HEAD_BYTES && length <= MAX_BYTES, "a digest's bytes exceed its tree");
  topBytes.fill(0);
  topBytes.set(head);
  topLength.setUint32(HEAD_BYTES, length, true);
  if (length <= LIST_ROOM) gather(topBytes, parts);
  else fillList(bench, parts);
  kernel.exports.digestPages(top, 1, answer);
  return bench.answerBytes;
}

function gather(topBytes: Uint8Array, parts: readonly Uint8Array[]): void {
  let at = LIST_AT;
  for (const part of parts) {
    topBytes.set(part, at);
    at += part.length;
  }
}

function fillList(bench: Workbench, parts: readonly Uint8Array[]): void {
  const { kernel, list, listBytes, top, topBytes } = bench;
  const bytes = DIGEST_BYTES * digestBlocks(bench, parts);
  if (bytes <= LIST_ROOM) {
    topBytes.set(listBytes.subarray(0, bytes), LIST_AT);
    return;
  }
  const blocks = Math.ceil(bytes / PAGE_SIZE);
  listBytes.fill(0, bytes, blocks * PAGE_SIZE);
  kernel.exports.digestPages(list, blocks, top + LIST_AT);
}

/** Digests the blocks of all parts to the list; answers how many there are. */
function digestBlocks(bench: Workbench, parts: readonly Uint8Array[]): number {
  const { kernel, piece, list, pieceBytes } = bench;
  let filled = 0;
  let blocks = 0;
  for (const part of parts) {
    for (let at = 0; at < part.length; ) {
      const end = Math.min(part.length, at + PIECE_BYTES - filled);
      pieceBytes.set(part.subarray(at, end), filled);
      filled += end - at;
      at = end;
      if (filled < PIECE_BYTES) continue;
      kernel.exports.digestPages(piece, PIECE_BLOCKS, list + DIGEST_BYTES * blocks);
      blocks += PIECE_BLOCKS;
      filled = 0;
    }
  }
  const last = Math.ceil(filled / PAGE_SIZE);
  pieceBytes.fill(0, filled, last * PAGE_SIZE);
  kernel.exports.digestPages(piece, last, list + DIGEST_BYTES * blocks);
  return blocks + last;
}

function createWorkbench(): Workbench {
  const kernel = createKernel(2 * PIECE_BYTES + 2 * PAGE_SIZE);
  const [piece, list] = [kernel.allocate(PIECE_BYTES), kernel.allocate(PIECE_BYTES)];
  const [top, answer] = [kernel.allocate(PAGE_SIZE), kernel.allocate(DIGEST_BYTES)];
  return {
    kernel,
    piece,
    list,
    top,
    answer,
    pieceBytes: kernel.u8(piece, PIECE_BYTES),
    listBytes: kernel.u8(list, PIECE_BYTES),
    topBytes: kernel.u8(top, PAGE_SIZE),
    topLength: new DataView(kernel.buffer, top, LIST_AT),
    answerBytes: kernel.u8(answer, DIGEST_BYTES),
  };
}
