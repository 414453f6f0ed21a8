import { PAGE_SIZE, type PageCount } from "../units.js";
import type { Share } from "./crew.js";
import type { Pointer } from "./exports.js";
import type { ShardMemory } from "./shard-memory.js";
import { type Stretch, stretches } from "./stretches.js";

// Questions to all pages of a shard, asked by its whole crew at once. Pages count from the shard's first.

/** Pages that a thread scans in one go: 64 MiB. */
const SCANNED_PAGES: PageCount = 2 ** 14;
/** A scan leaves at most so much for each page. */
const ANSWER_BYTES = 8;
/** Pages of another shard that are fetched at a time: they stay in the second-level cache. */
const COMPARED_PAGES: PageCount = 16;
/** Each piece of so many pages leaves a word of bits. */
const WORD_BYTES = 8;

/** Scans every page, and says where each stretch's answers lie, in ascending order. */
export function scanShard(
  memory: ShardMemory,
  call: "zeroPages" | "digestPages",
  found: (pages: Stretch, answers: Pointer) => void,
): void {
  const { crew, place, guest, room, pageCount } = memory;
  for (let first = 0; first < pageCount; ) {
    const pages = Math.min(crew.threads * SCANNED_PAGES, pageCount - first);
    const parts = stretches(pages, crew.threads).map(({ from, to }, index) => ({
      pages: { from: first + from, to: first + to },
      answers: room + index * SCANNED_PAGES * ANSWER_BYTES,
    }));
    crew.run(
      parts.map(({ pages: { from, to }, answers }) => ({
        place,
        call,
        args: [guest + from * PAGE_SIZE, to - from, answers],
      })),
    );
    for (const part of parts) found(part.pages, part.answers);
    first += pages;
  }
}

/** Which pages of [from, to) differ from those of another shard; ascending. */
export function differingInShard(
  ours: ShardMemory,
  theirs: ShardMemory,
  within: Stretch,
): number[] {
  const pieces = Math.floor((within.to - within.from) / COMPARED_PAGES);
  const rest = within.from + pieces * COMPARED_PAGES;
  const parts = stretches(pieces, ours.crew.threads);
  let differing = 0;
  for (const count of ours.crew.run(
    parts.map((part, thread) =>
      comparison(ours, theirs, within.from, part, COMPARED_PAGES, thread),
    ),
  )) {
    differing += count;
  }
  if (rest < within.to) {
    const last = { from: pieces, to: pieces + 1 };
    const share = comparison(ours, theirs, within.from, last, within.to - rest, 0);
    differing += ours.crew.run([share])[0] as number;
  }
  return differing === 0 ? [] : listed(ours, pieces + 1, differing).map((at) => within.from + at);
}

/** Compares pieces of so many pages, one after the other; each leaves a word of bits. */
function comparison(
  ours: ShardMemory,
  theirs: ShardMemory,
  firstPage: number,
  { from, to }: Stretch,
  pages: PageCount,
  thread: number,
): Share {
  const { place, guest, room } = ours;
  const { kernel, homes } = place;
  const staging = kernel.staging.pointer - (homes[0] as Pointer) + (homes[thread] as Pointer);
  const offset = (firstPage + from * COMPARED_PAGES) * PAGE_SIZE;
  return {
    place,
    call: "differingPages",
    times: to - from,
    args: [guest + offset, staging, pages, room + from * WORD_BYTES],
    strides: [COMPARED_PAGES * PAGE_SIZE, 0, 0, WORD_BYTES],
    copy: {
      other: theirs.place,
      from: theirs.guest + offset,
      to: staging,
      length: pages * PAGE_SIZE,
    },
  };
}

/** The pages that the pieces' words name, until so many are found. */
function listed({ place, room }: ShardMemory, pieces: number, count: PageCount): number[] {
  const words = place.kernel.u32(room, (pieces * WORD_BYTES) / 4);
  const pages: number[] = [];
  for (let piece = 0; pages.length < count; piece++) {
    for (let bits = words[2 * piece] as number; bits !== 0; bits &= bits - 1) {
      pages.push(piece * COMPARED_PAGES + 31 - Math.clz32(bits & -bits));
    }
  }
  return pages;
}
