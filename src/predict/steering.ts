import type { Bytes, BytesPerSecond, Milliseconds } from "../units.js";

/** What whoever steers a migration sees of it when a pass is over and another one follows. */
export interface Moment {
  readonly nowMs: Milliseconds;
  /** QEMU's `dirty-sync-count`. */
  readonly pass: number;
  /** QEMU's `ram.remaining`, just after the dirty log was looked at. */
  readonly remainingBytes: Bytes;
  /** QEMU's `ram.transferred`. */
  readonly sentBytes: Bytes;
  /** What the last window carried. */
  readonly bandwidth: BytesPerSecond;
}

/** What may be done to a migration that runs. */
export type Order =
  | { readonly kind: "downtime-limit"; readonly ms: Milliseconds }
  | { readonly kind: "post-copy" }
  /** The guest is stopped while the passes go on. */
  | { readonly kind: "pause" }
  /** The guest stays where it is. */
  | { readonly kind: "abort"; readonly because: string };

/** An order and when it is given, after `migrate`. */
export interface TimedOrder {
  readonly atMs: Milliseconds;
  readonly order: Order;
}

/** Something outside of QEMU that steers one migration: a pure function of what it has seen of it. */
export interface Steering {
  /** What it will do and when, in order of time, as long as the guest has not been handed over. */
  readonly orders: readonly TimedOrder[];
  /** What it does instead from now on, having seen a pass end; null: no change. */
  readonly afterPass?: (moment: Moment) => readonly TimedOrder[] | null;
}

/** Nobody steers. */
export const UNSTEERED: Steering = { orders: [] };
