import type { DirtyBitmap } from "../kernel/dirty-bitmap.js";
import type { Bytes, PageCount, PageIndex } from "../units.js";

/** Bytes of a zero-page record on the wire: u64 header and the fill byte, as in QEMU's stream. */
export const ZERO_RECORD_BYTES: Bytes = 9;
/** Bytes of a raw-page record: u64 header and the page. */
export const RAW_RECORD_BYTES: Bytes = 4104;
/** Bytes of a delta record beside the delta itself: u64 header, encoding byte, u16 length. */
export const DELTA_RECORD_BYTES: Bytes = 11;

/** Which pages to take next. */
export interface TakeRequest {
  /** Pages still to be sent; the bits of those taken are cleared. */
  readonly pending: DirtyBitmap;
  /** Look at pages [from, to). */
  readonly from: PageIndex;
  readonly to: PageCount;
  /** Take pages until this many bytes are exceeded: the last one may pass it. At least one page is taken where one is pending. */
  readonly limit: Bytes;
  /** Pages to leave for later. */
  readonly exclude?: DirtyBitmap | undefined;
  /** Pages not worth sending: they were written again, and a later round will have them. */
  readonly skip?: DirtyBitmap | undefined;
  /** Delta compression of this round; undefined where it is off. */
  readonly delta?: DeltaRound | undefined;
}

/** Delta compression in one round. */
export interface DeltaRound {
  /** Count of harvests so far; QEMU's dirty_sync_count, the age of cached pages. */
  readonly generation: number;
  /** The guest is stopped: the cache is read but not changed. */
  readonly frozen: boolean;
}

/** Pages taken for the link in one go. */
export interface PageBatch {
  /** Where to go on looking; `to` when nothing is left in the range. */
  readonly next: PageCount;
  readonly zero: PageCount;
  readonly raw: PageCount;
  readonly delta: PageCount;
  /** Equal to what the target has; nothing was sent. */
  readonly unchanged: PageCount;
  readonly skipped: PageCount;
  /** Wire bytes of the records. */
  readonly bytes: Bytes;
  /** The records themselves; null for a guest without contents. Valid until the next batch is taken. */
  readonly records: PageRecords | null;
}

/** Encoded page records of one shard. */
export interface PageRecords {
  readonly shard: number;
  readonly pages: Uint32Array;
  /** The records, part after part; several where several threads wrote them. */
  readonly parts: readonly Uint8Array[];
}

/** The source's memory as a migration sees it: something that turns pending pages into records. */
export interface SourceMemory {
  readonly pageCount: PageCount;
  /** Whether pages have bytes, so that the target's can be verified. */
  readonly hasContents: boolean;
  /** Makes room for a delta cache of so many bytes; called once, before the first round. */
  prepareDelta(cacheBytes: Bytes): void;
  take(request: TakeRequest): PageBatch;
  /** An empty memory of the same shape at the target, reachable for verification in the same process. */
  createTarget(): TargetMemory;
}

/** The target's memory: records are checked and applied. */
export interface TargetMemory {
  /** Applies a batch; throws `WireFormatError` when it is damaged. */
  receive(records: PageRecords): void;
  /** How many of the pages just received differ from the source's. */
  countDifferingReceived(records: PageRecords): PageCount;
  /** How many pages differ from the source's, those set in `exclude` left out. */
  countDiffering(exclude?: DirtyBitmap): PageCount;
}
