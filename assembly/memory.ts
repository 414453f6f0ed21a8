// Where things lie, and how bit positions become addresses. One idea, one file.
//
// Several instances may run over one memory, each in a thread of its own. What they write without being
// told where lies in a home that each has to itself; the constants are the same for all.
//
//   0      16          4096                   262144
//   | none | constants | home of the first    | what the owner of the memory allocated, homes of
//   |      |           | instance             | further instances among it
//
// A home:
//
//   0         64             128     512          1024            33792    35840               258048
//   | results | random state | free  | random     | scratch of    | bit    | staging of the     |
//   |         |              |       | block      | one call      | places | typed wrappers     |
//
// A bitmap is little-endian 64-bit words: bit k of word w is page 64 w + k.

/** Where this instance's home begins. */
declare const home: usize;

/** Where a function keeps the random numbers it has drawn but not yet used. */
export function randomBlock(): usize {
  return home + 512;
}

/** How many random steps of 16 bytes the random block holds. */
export const RANDOM_STEPS: u32 = 32;

/** 32 KiB for what a function needs while it runs. */
export function scratch(): usize {
  return home + 1024;
}

/** For every byte, the places of its bits, a byte each: 2 KiB that are filled when an instance begins. */
export function bitPlaces(): usize {
  return home + 33792;
}

/** Bytes in a guest page. */
export const PAGE: usize = 4096;

/** All bits of a word. */
export const ALL: u64 = 0xffff_ffff_ffff_ffff;

/** Offset in a bitmap of the word that holds `page`. */
export function wordOffset(page: f64): usize {
  return <usize>(<i64>page >> 6) * 8;
}

/** The word of a bitmap that holds `page`. */
export function wordAt(bitmap: usize, page: u32): usize {
  return bitmap + <usize>(page >> 6) * 8;
}

/** The bit of `page` in its word. */
export function bitOf(page: u32): u64 {
  return (<u64>1) << (page & 63);
}

/** First page of the word at `offset` in a bitmap. */
export function firstPageOf(offset: usize): i64 {
  return (<i64>offset) << 3;
}

/** The bits of a word from the position of `from` on. */
export function headMask(from: f64): u64 {
  return ALL << (<i64>from & 63);
}

/** The bits of a word below the position of `to`; all of them when `to` begins the next word. */
export function tailMask(to: f64): u64 {
  return ALL >> (-(<i64>to) & 63);
}

/** The word at `offset` of a bitmap that may be absent; an absent bitmap is empty. */
export function optionalWord(bitmap: usize, offset: usize): u64 {
  return bitmap ? load<u64>(bitmap + offset) : 0;
}

/** Whether the 64 bytes at `at` are all zero. */
export function isClear64(at: usize): bool {
  if (ASC_FEATURE_SIMD) {
    const front = v128.or(v128.load(at, 0), v128.load(at, 16));
    const back = v128.or(v128.load(at, 32), v128.load(at, 48));
    return !v128.any_true(v128.or(front, back));
  }
  const front = load<u64>(at, 0) | load<u64>(at, 8) | load<u64>(at, 16) | load<u64>(at, 24);
  const back = load<u64>(at, 32) | load<u64>(at, 40) | load<u64>(at, 48) | load<u64>(at, 56);
  return (front | back) == 0;
}
