import type { Bytes, PageCount, Share } from "../units.js";
import type { DeltaPotential } from "./delta-potential.js";
import type { ChannelKind } from "./recording.js";
import type { SentMap } from "./sent-map.js";

/** Pages by how they came; zero pages of multifd packets are among `zero`. */
export interface PageCounts {
  readonly zero: PageCount;
  readonly raw: PageCount;
  readonly xbzrle: PageCount;
  readonly compressed: PageCount;
  readonly multifd: PageCount;
  readonly mapped: PageCount;
}

/** A memory block of the stream. */
export interface BlockSummary {
  readonly name: string;
  readonly bytes: Bytes;
  /** Null: 4096 bytes. */
  readonly hostPageSize: Bytes | null;
  /** Guest-physical address, where the stream tells it. */
  readonly address: number | null;
  readonly pages: PageCounts;
  /** Pages that did not come, or were discarded and did not come again. */
  readonly missingPages: PageCount;
}

/** A round of the scan over memory, or what was sent outside of them. */
export interface RoundSummary {
  /** From 0, the full copy. */
  readonly round: number;
  /** Rounds are pushed; then the guest stands, or runs at the target and pulls. */
  readonly phase: "push" | "stop" | "pull";
  readonly pages: PageCounts;
  /** Wire bytes of the pages. */
  readonly bytes: Bytes;
}

/** The state of a device in the stream. */
export interface DeviceSummary {
  readonly name: string;
  readonly instanceId: number;
  readonly versionId: number;
  readonly bytes: Bytes;
  /** Whether the stream's description makes the same number of bytes of it; null: it says nothing. */
  readonly isAsDescribed: boolean | null;
  /** Of a processor: its registers by name, in hexadecimal; null for others and without a description. */
  readonly registers: Readonly<Record<string, string>> | null;
}

/** What is in a recorded migration. */
export interface StreamInspection {
  readonly machineType: string;
  readonly capabilities: readonly string[];
  /** Of all channels. */
  readonly bytes: Bytes;
  /** In the order they were given. */
  readonly channels: readonly { readonly kind: ChannelKind; readonly bytes: Bytes }[];
  readonly blocks: readonly BlockSummary[];
  readonly pages: PageCounts;
  /** Wire bytes of the pages by how they came. */
  readonly pageBytes: Readonly<Record<keyof PageCounts, Bytes>>;
  /** Rounds of the scan over memory, see `ScanRounds`; the last one's end may have been sent while the guest stood. */
  readonly rounds: number;
  readonly perRound: readonly RoundSummary[];
  /** How often the channels of multifd met at a SYNC; 0 without them. */
  readonly syncs: number;
  /** Share of the sent pages that were zero. */
  readonly zeroShare: Share;
  readonly repeats: {
    /** Pages that were sent at all. */
    readonly distinctPages: PageCount;
    /** Sendings beyond the first of each page. */
    readonly sentAgain: PageCount;
    /** How many pages were sent 1, 2, 3... times; those of 16 times and more together. */
    readonly histogram: readonly { readonly times: number; readonly pages: PageCount }[];
  };
  readonly deltaPotential: readonly DeltaPotential[];
  /** Whether the guest ran at the target before all pages were there. */
  readonly isPostCopy: boolean;
  /** Commands of the source by name, and how many. */
  readonly commands: Readonly<Record<string, number>>;
  readonly devices: readonly DeviceSummary[];
  readonly map: SentMap;
}
