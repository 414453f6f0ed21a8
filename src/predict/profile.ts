import type { Bytes, Milliseconds } from "../units.js";

/** What differs between versions of QEMU as far as a prediction sees it. */
export interface QemuProfile {
  readonly name: ProfileName;
  /** Whether it switches over when exactly the threshold remains (10.2: `<=`, 7.2: `<`). */
  readonly switchesAtThreshold: boolean;
  /** Auto-converge looks at the dirty log at least this often; null: only at the end of a pass. */
  readonly throttleSyncMs: Milliseconds | null;
  /** Device state and its description as sent within the downtime, bytes; a small PC's. */
  readonly deviceBytes: Bytes;
}

/** Versions of QEMU whose loop is known. */
export type ProfileName = "qemu-7.2" | "qemu-10";

/**
 * The two generations of the loop. Device state and description of a PC of 31 devices come to 112 kB,
 * measured on QEMU 7.2.22.
 */
export const PROFILES: Readonly<Record<ProfileName, QemuProfile>> = {
  "qemu-7.2": {
    name: "qemu-7.2",
    switchesAtThreshold: false,
    throttleSyncMs: null,
    deviceBytes: 112_000,
  },
  "qemu-10": {
    name: "qemu-10",
    switchesAtThreshold: true,
    throttleSyncMs: 5000,
    deviceBytes: 112_000,
  },
};

/** QEMU's BUFFER_DELAY: rate limit and measured bandwidth are kept per window of so long. */
export const WINDOW_MS: Milliseconds = 100;
/** A zero page on the wire: its word and a fill byte. */
export const ZERO_PAGE_BYTES: Bytes = 9;
/** A raw page on the wire: its word and its bytes. */
export const RAW_PAGE_BYTES: Bytes = 4104;
/** A delta on the wire beside its bytes: word, kind, length. */
export const DELTA_HEADER_BYTES: Bytes = 11;
