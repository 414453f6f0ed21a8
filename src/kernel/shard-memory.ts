import type { Bytes, PageCount, PageIndex } from "../units.js";
import type { Crew, CrewPlace } from "./crew.js";
import type { Pointer } from "./exports.js";

/** The longest page record, a delta of 4096 bytes. */
export const LONGEST_RECORD: Bytes = 4107;

/** Where the parts of a shard lie, and who works on them. */
export interface ShardMemory {
  readonly crew: Crew;
  readonly place: CrewPlace;
  readonly firstPage: PageIndex;
  readonly pageCount: PageCount;
  /** The pages' bytes. */
  readonly guest: Pointer;
  /** The sender's delta cache. */
  readonly cache: Pointer;
  /** Room for the records of a batch, and for what else a call needs. */
  readonly room: Pointer;
  /** Fewest pages of a batch that several threads encode. */
  readonly leastTogether: PageCount;
}
