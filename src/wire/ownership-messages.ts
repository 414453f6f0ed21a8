import {
  boolean,
  type GenericSchema,
  integer,
  maxLength,
  maxValue,
  minLength,
  minValue,
  number,
  pipe,
  strictObject,
  string,
} from "valibot";
import type { Bytes } from "../units.js";
import { MAX_STATE_BYTES } from "./move-messages.js";

// What a source and a target tell each other about who has the machine; docs/ownership.md shows when.

const count = (most: number) => pipe(number(), integer(), minValue(0), maxValue(most));
const epoch = count(Number.MAX_SAFE_INTEGER);

/** The target received the commit. */
export const runningSchema: GenericSchema<unknown, { isWhole: boolean }> = strictObject({
  /** Whether no page is missing there. */
  isWhole: boolean(),
});

/** The source is back, on a new channel. */
export const rejoinSchema: GenericSchema<
  unknown,
  { moveId: string; channel: number; epoch: number }
> = strictObject({
  moveId: pipe(string(), minLength(1), maxLength(64)),
  /** Counts the channels of the move; the one it began on was 1. */
  channel: pipe(count(Number.MAX_SAFE_INTEGER), minValue(2)),
  /** The last epoch that is complete at the source. */
  epoch,
});

/** The target's process has never heard of the move. */
export const unknownSchema: GenericSchema<unknown, { incarnation: string }> = strictObject({
  incarnation: pipe(string(), maxLength(64)),
});

/** A later state of the machine has been sent: pages, and the state beside them. */
export const epochSchema: GenericSchema<
  unknown,
  { epoch: number; since: number; stateBytes: Bytes }
> = strictObject({
  epoch,
  /** Its pages are those that were written since this epoch. */
  since: epoch,
  stateBytes: count(MAX_STATE_BYTES),
});

/** The source holds an epoch. */
export const epochAppliedSchema: GenericSchema<unknown, { epoch: number }> = strictObject({
  epoch,
});
