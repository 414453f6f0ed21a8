// Where two versions of a page differ: the runs of changed bytes. A comparison of 64 bytes gives a word
// with a bit for each; the edges of its runs are the bits that differ from the bit below. Edges are kept
// word by word first and then listed as positions, since a loop that does one thing runs without
// mispredicted branches.

import { PAGE, scratch } from "./memory";
import { isSame128 } from "./page-scan";

/** What {@link findEdges} found: how many bytes changed, how many edges there are, and words that have some. */
export let changedCount: u32 = 0;
export let edgeCount: u32 = 0;
let edgeWords: u64 = 0;

/** Finds the edges of the runs of changed bytes; they stay in `scratch()`, 64 words, for listEdges. */
export function findEdges(old: usize, page: usize): void {
  const words = scratch();
  let changed: u64 = 0;
  let edges: u64 = 0;
  let filled: u64 = 0;
  let open: u64 = 0; // 1 while a run goes on
  for (let block: usize = 0; ; block += 128) {
    // Most of a page is as it was; where a run goes on there is nothing to skip.
    if (open == 0) while (block != PAGE && isSame128(old + block, page + block)) block += 128;
    if (block == PAGE) break;
    const first = changedBytes(old + block, page + block);
    const second = changedBytes(old + block + 64, page + block + 64);
    const firstEdges = first ^ ((first << 1) | open);
    const secondEdges = second ^ ((second << 1) | (first >> 63));
    open = second >> 63;
    const word = block >> 6;
    store<u64>(words + (word << 3), firstEdges);
    store<u64>(words + (word << 3), secondEdges, 8);
    changed += popcnt(first) + popcnt(second);
    edges += popcnt(firstEdges) + popcnt(secondEdges);
    filled |= (<u64>(firstEdges != 0) | ((<u64>(secondEdges != 0)) << 1)) << word;
  }
  changedCount = <u32>changed;
  edgeCount = <u32>(edges + open);
  edgeWords = filled;
}

/** Lists the positions of the edges as u16, pairs of a run's start and its end; scribbles up to 24 bytes behind. */
export function listEdges(list: usize): void {
  const words = scratch();
  const end = list + ((<usize>edgeCount) << 1);
  for (let filled = edgeWords; filled != 0; filled &= filled - 1) {
    const block = <usize>ctz(filled);
    const edges = load<u64>(words + (block << 3));
    listBits(list, edges, (<u32>block) << 6);
    list += (<usize>popcnt(edges)) << 1;
  }
  // A run that goes on to the end of the page.
  if (list != end) store<u16>(list, <u16>PAGE);
}

/** Lists the bits of a word in steps, of which the first ones are always taken and mostly enough. @inline */
function listBits(list: usize, bits: u64, base: u32): void {
  const count = <u32>popcnt(bits);
  bits = listFour(list, bits, base);
  if (count <= 4) return;
  bits = listFour(list + 8, bits, base);
  bits = listFour(list + 16, bits, base);
  for (list += 24; bits != 0; list += 2, bits &= bits - 1) store<u16>(list, base + <u32>ctz(bits));
}

/** @inline */
function listFour(list: usize, bits: u64, base: u32): u64 {
  store<u16>(list, base + <u32>ctz(bits), 0);
  bits &= bits - 1;
  store<u16>(list, base + <u32>ctz(bits), 2);
  bits &= bits - 1;
  store<u16>(list, base + <u32>ctz(bits), 4);
  bits &= bits - 1;
  store<u16>(list, base + <u32>ctz(bits), 6);
  return bits & (bits - 1);
}

export function changedRuns(old: usize, page: usize, out: usize): u32 {
  findEdges(old, page);
  listEdges(out);
  return edgeCount >> 1;
}

/** Bit k: whether byte k of 64 differs. @inline */
function changedBytes(old: usize, page: usize): u64 {
  if (ASC_FEATURE_SIMD) {
    const first = sameBytes(v128.load(old, 0), v128.load(page, 0));
    const second = sameBytes(v128.load(old, 16), v128.load(page, 16));
    const third = sameBytes(v128.load(old, 32), v128.load(page, 32));
    const fourth = sameBytes(v128.load(old, 48), v128.load(page, 48));
    return ~(<u64>(first | (second << 16)) | ((<u64>(third | (fourth << 16))) << 32));
  }
  let bits: u64 = 0;
  for (let word: usize = 0; word != 64; word += 8) {
    bits |= changedOf8(load<u64>(old + word) ^ load<u64>(page + word)) << word;
  }
  return bits;
}

/** @inline */
function sameBytes(a: v128, b: v128): u32 {
  return <u32>i8x16.bitmask(i8x16.eq(a, b));
}

/** Bit k: whether byte k of `difference` is not zero. The product gathers the top bits of the bytes. */
function changedOf8(difference: u64): u64 {
  const low: u64 = 0x7f7f_7f7f_7f7f_7f7f;
  const tops = (((difference & low) + low) | difference) & ~low;
  return ((tops >> 7) * 0x0102_0408_1020_4080) >> 56;
}
