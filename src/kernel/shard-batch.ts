import { WireFormatError } from "../errors.js";
import type { Bytes, PageCount } from "../units.js";
import type { Share } from "./crew.js";
import type { Pointer } from "./exports.js";
import { LONGEST_RECORD, type ShardMemory } from "./shard-memory.js";
import { type Stretch, stretches } from "./stretches.js";

// Batches of page records, written and read by a shard's whole crew at once.

/** How a batch is encoded. */
export interface EncodeOptions {
  /** Number of the dirty-log harvest that the round belongs to; see DeltaRequest. */
  readonly generation: number;
  /** The guest is stopped: the delta cache is read, not changed. */
  readonly frozen: boolean;
  /** Whether pages that the delta cache holds go as deltas; false leaves the cache alone. */
  readonly useCache: boolean;
}

/** A batch of page records, and what is in it. */
export interface EncodedBatch {
  /** How many of the listed pages are dealt with. */
  readonly consumed: PageCount;
  readonly zero: PageCount;
  readonly raw: PageCount;
  readonly delta: PageCount;
  /** Pages that the target holds as they are; there is no record of them. */
  readonly unchanged: PageCount;
  readonly bytes: Bytes;
  /** The records, part after part; views that the shard's next call overwrites. */
  readonly parts: readonly Uint8Array[];
}

/** What a batch changed. */
export interface AppliedBatch {
  readonly records: number;
  readonly zero: PageCount;
  readonly raw: PageCount;
  readonly delta: PageCount;
}

/** Between two parts, for what the encoder may write behind a record. */
const GAP_BYTES = 32;
const EMPTY: EncodedBatch = {
  consumed: 0,
  zero: 0,
  raw: 0,
  delta: 0,
  unchanged: 0,
  bytes: 0,
  parts: [],
};

/**
 * Encodes listed pages, in parts as far as nobody can tell: the records in their order, the cache and the
 * counts are those of one thread.
 *
 * @param slots - Pages that the delta cache holds; 0: it is left alone.
 */
export function encodeShard(
  memory: ShardMemory,
  pages: Uint32Array,
  limit: Bytes,
  slots: number,
  options: EncodeOptions,
): EncodedBatch {
  memory.place.kernel.staging.view.set(pages);
  const together = pagesTogether(memory, pages, limit, slots);
  const parts = stretches(together, memory.crew.threads);
  const first = encodeParts(memory, parts, 0, limit, slots, options);
  if (first.bytes > limit || together === pages.length) return first;
  const rest = [{ from: together, to: pages.length }];
  const left = limit - first.bytes;
  return plus(first, encodeParts(memory, rest, parts.length, left, slots, options));
}

/** How many of the first pages may be encoded at the same time. */
function pagesTogether(
  { crew, leastTogether }: ShardMemory,
  pages: Uint32Array,
  limit: Bytes,
  slots: number,
): PageCount {
  // However long their records, the limit is not reached before the last of these.
  const sure = Math.min(pages.length, Math.floor(limit / LONGEST_RECORD) + 1);
  if (crew.threads === 1 || sure < leastTogether) return 0;
  return slots === 0 || haveSlotsApart(pages.subarray(0, sure), slots) ? sure : 0;
}

/** Of two pages with one slot of the cache, the second finds what the first has left there. */
function haveSlotsApart(pages: Uint32Array, slots: number): boolean {
  const first = pages[0] as number;
  let before = first - 1;
  for (const page of pages) {
    if (page <= before || page - first >= slots) return false;
    before = page;
  }
  return true;
}

/**
 * Encodes stretches of the list that lies in the staging area, one on each thread.
 *
 * @param before - How many parts lie in the room already.
 */
function encodeParts(
  memory: ShardMemory,
  parts: readonly Stretch[],
  before: number,
  limit: Bytes,
  slots: number,
  { generation, frozen }: EncodeOptions,
): EncodedBatch {
  const { crew, place, guest, firstPage, room } = memory;
  const cache = slots === 0 ? 0 : memory.cache;
  const list = place.kernel.staging.pointer;
  const outs = parts.map(
    ({ from }, index) => room + from * LONGEST_RECORD + (before + index) * GAP_BYTES,
  );
  crew.run(
    parts.map(({ from, to }, index): Share => {
      const [out, home] = [outs[index] as Pointer, place.homes[index] as Pointer];
      const which = [guest, firstPage, list + 4 * from, to - from];
      const how = [cache, slots, generation, frozen ? 1 : 0];
      return { place, call: "batchEncode", args: [...which, out, limit, ...how, home] };
    }),
  );
  return outs.reduce((batch, out, index) => {
    const [consumed = 0, zero = 0, raw = 0, delta = 0, unchanged = 0, bytes = 0] = resultOf(
      memory,
      index,
    );
    const records = place.kernel.u8(out, bytes);
    return plus(batch, { consumed, zero, raw, delta, unchanged, bytes, parts: [records] });
  }, EMPTY);
}

function plus(a: EncodedBatch, b: EncodedBatch): EncodedBatch {
  return {
    consumed: a.consumed + b.consumed,
    zero: a.zero + b.zero,
    raw: a.raw + b.raw,
    delta: a.delta + b.delta,
    unchanged: a.unchanged + b.unchanged,
    bytes: a.bytes + b.bytes,
    parts: [...a.parts, ...b.parts],
  };
}

/**
 * Applies a batch, as many parts at a time as there are threads.
 *
 * @throws WireFormatError as PageShard.apply.
 */
export function applyToShard(memory: ShardMemory, parts: readonly Uint8Array[]): AppliedBatch {
  const { threads } = memory.crew;
  let applied: AppliedBatch = { records: 0, zero: 0, raw: 0, delta: 0 };
  let offset = 0;
  for (let at = 0; at < parts.length; at += threads) {
    const together = parts.slice(at, at + threads);
    applyParts(memory, together);
    for (const [index, part] of together.entries()) {
      const [records = 0, zero = 0, raw = 0, delta = 0, damage = -1] = resultOf(memory, index);
      if (damage >= 0) throw new WireFormatError("damaged page record", offset + damage);
      applied = {
        records: applied.records + records,
        zero: applied.zero + zero,
        raw: applied.raw + raw,
        delta: applied.delta + delta,
      };
      offset += part.length;
    }
  }
  return applied;
}

function applyParts(memory: ShardMemory, parts: readonly Uint8Array[]): void {
  const { crew, place, guest, firstPage, pageCount } = memory;
  let at = memory.room;
  crew.run(
    parts.map((part, index): Share => {
      const to = at;
      at += part.length;
      const { byteOffset: from, length } = part;
      const other = crew.placeOf(part);
      // Records in a memory that the crew knows are fetched by the thread that needs them.
      if (other === undefined) place.kernel.u8(to, length).set(part);
      return {
        place,
        call: "batchApply",
        args: [to, length, guest, firstPage, pageCount, place.homes[index] as Pointer],
        copy: other === undefined ? null : { other, from, to, length },
      };
    }),
  );
}

/** What a thread's last call answered in more than one number. */
function resultOf({ place }: ShardMemory, thread: number): Float64Array {
  return place.kernel.f64(place.homes[thread] as Pointer, 8);
}
