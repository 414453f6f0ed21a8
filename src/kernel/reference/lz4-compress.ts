import type { Lz4Exports } from "../exports.js";

const TABLE_BITS = 13;
const MIN_MATCH = 4;
const LAST_LITERALS = 5;
const MATCHLESS_END = 16;
const PATIENCE_BITS = 6;

/** A stretch that occurs for the second time. */
interface Match {
  readonly start: number;
  readonly end: number;
  /** How far before `start` it occurred. */
  readonly offset: number;
}

/** LZ4 blocks: which matches, and then how they are written. */
export function createLz4CompressExports(buffer: ArrayBuffer): Pick<Lz4Exports, "lz4Compress"> {
  const bytes = new Uint8Array(buffer);
  return {
    lz4Compress(source, length, out, limit, acceleration) {
      const page = bytes.subarray(source, source + length);
      const block = writeBlock(page, findMatches(page, acceleration));
      if (block.length > limit) return 0;
      bytes.set(block, out);
      return block.length;
    },
  };
}

/** The matches a search finds that looks at each position's last namesake only, in order. */
function findMatches(page: Uint8Array, acceleration: number): Match[] {
  const matches: Match[] = [];
  const last = page.length - MATCHLESS_END;
  // A slot that was never filled names the first byte.
  const table = new Uint16Array(2 ** TABLE_BITS);
  /** Where these four bytes may have been before; remembers that they are here now. */
  function candidate(at: number): number {
    const slot = Math.imul(fourBytes(page, at), 2_654_435_761) >>> (32 - TABLE_BITS);
    const from = table[slot] as number;
    table[slot] = at;
    return from;
  }
  /** The match of four bytes or more that begins at `at`; the next one often begins where it ends. */
  function take(at: number, from: number): number {
    const end = matchEnd(page, at, from);
    matches.push({ start: at, end, offset: at - from });
    if (end <= last) candidate(end - 2);
    return end;
  }

  let kept = 0;
  for (let at = 1; at <= last; ) {
    const found = search(page, at, acceleration, candidate);
    if (found === null) break;
    let { start, from } = found;
    while (start > kept && from > 0 && page[start - 1] === page[from - 1]) {
      start--;
      from--;
    }
    at = take(start, from);
    while (at <= last) {
      const next = candidate(at);
      if (fourBytes(page, next) !== fourBytes(page, at)) break;
      at = take(at, next);
    }
    kept = at;
    at++;
  }
  return matches;
}

/** The first of the positions looked at from which four bytes match; the steps grow as nothing is found. */
function search(
  page: Uint8Array,
  at: number,
  acceleration: number,
  candidate: (at: number) => number,
): { start: number; from: number } | null {
  let tries = acceleration << PATIENCE_BITS;
  let step = 1;
  while (at + step <= page.length - MATCHLESS_END) {
    const from = candidate(at);
    if (fourBytes(page, from) === fourBytes(page, at)) return { start: at, from };
    at += step;
    step = tries++ >> PATIENCE_BITS;
  }
  return null;
}

function fourBytes(page: Uint8Array, at: number): number {
  const [a = 0, b = 0, c = 0, d = 0] = page.subarray(at, at + 4);
  return a | (b << 8) | (c << 16) | (d << 24);
}

function matchEnd(page: Uint8Array, at: number, from: number): number {
  const rest = page.length - LAST_LITERALS;
  let end = at + MIN_MATCH;
  while (end < rest && page[end] === page[from + end - at]) end++;
  return end;
}

/** The sequences of a block: literals up to a match, and the match; at last literals alone. */
function writeBlock(page: Uint8Array, matches: readonly Match[]): number[] {
  const block: number[] = [];
  let kept = 0;
  for (const { start, end, offset } of matches) {
    const more = end - start - MIN_MATCH;
    pushLiterals(block, page.subarray(kept, start), Math.min(more, 15));
    block.push(offset & 255, offset >> 8);
    if (more >= 15) pushMore(block, more - 15);
    kept = end;
  }
  pushLiterals(block, page.subarray(kept), 0);
  return block;
}

function pushLiterals(block: number[], literals: Uint8Array, lowerHalf: number): void {
  block.push((Math.min(literals.length, 15) << 4) | lowerHalf);
  if (literals.length >= 15) pushMore(block, literals.length - 15);
  for (const byte of literals) block.push(byte);
}

/** What half a token cannot say of a length. */
function pushMore(block: number[], more: number): void {
  for (let left = more; left >= 0; left -= 255) block.push(Math.min(left, 255));
}
