import {
  boolean,
  type GenericSchema,
  integer,
  literal,
  maxLength,
  maxValue,
  minLength,
  minValue,
  null_,
  number,
  optional,
  picklist,
  pipe,
  record,
  safeParse,
  strictObject,
  string,
  union,
  unknown,
} from "valibot";
import { InvalidOptionError, WireFormatError } from "../errors.js";
import {
  type Bytes,
  MAX_PAGES,
  type Milliseconds,
  type PageCount,
  type PageIndex,
} from "../units.js";

// What a source and a target say to each other while a machine moves; docs/protocol.md shows when. Heads
// are JSON, what is large is binary, little-endian.

/** Most bytes of a machine's state beside its pages. */
export const MAX_STATE_BYTES: Bytes = 2 ** 28;
/** Longest time between two epochs: an hour. */
export const MAX_EPOCH_MS: Milliseconds = 3_600_000;
/** Most pages that one frame asks for. */
export const MAX_REQUESTED_PAGES = 1024;

const count = (most: number) => pipe(number(), integer(), minValue(0), maxValue(most));
const text = (most: number) => pipe(string(), maxLength(most));
const span = pipe(number(), minValue(0));

/** The source says what would come. */
export interface Offer {
  readonly moveId: string;
  /** What people call the machine. */
  readonly name: string;
  readonly kind: string;
  readonly configuration: { readonly [field: string]: unknown };
  readonly pageCount: PageCount;
  readonly strategy: "cold" | "stop-and-copy" | "pre-copy" | "post-copy" | "hybrid";
  /** Whether it runs, and so shall run at the target. */
  readonly isRunning: boolean;
  /** While pages are missing, the target sends a later state so often; 0: never. */
  readonly epochMs: Milliseconds;
  /** Whether the target keeps the digest of every page as it is stored. */
  readonly digests: boolean;
  /** How batches of pages may come compressed; absent: not at all. */
  readonly compression?: "lz4" | undefined;
}

export const offerSchema: GenericSchema<unknown, Offer> = strictObject({
  moveId: pipe(string(), minLength(1), maxLength(64)),
  name: text(128),
  kind: text(64),
  configuration: record(string(), unknown()),
  pageCount: pipe(count(MAX_PAGES), minValue(1)),
  strategy: picklist(["cold", "stop-and-copy", "pre-copy", "post-copy", "hybrid"]),
  isRunning: boolean(),
  epochMs: pipe(number(), minValue(0), maxValue(MAX_EPOCH_MS)),
  digests: boolean(),
  compression: optional(literal("lz4")),
});

/** The target has built an equal empty machine. */
export interface Accept {
  /** Names this life of the target's process. */
  readonly incarnation: string;
  /** Whether the machine can run there before all of its pages are there. */
  readonly followsPages: boolean;
  /** How it takes compressed batches of pages; absent: not at all, or they were not offered. */
  readonly compression?: "lz4" | undefined;
}

export const acceptSchema: GenericSchema<unknown, Accept> = strictObject({
  incarnation: text(64),
  followsPages: boolean(),
  compression: optional(literal("lz4")),
});

/** Why not, or why not any more. */
export interface Reason {
  readonly reason: string;
}

export const reasonSchema: GenericSchema<unknown, Reason> = strictObject({ reason: text(1024) });

/** The records of a state that may change yet are complete. */
export interface Preview {
  readonly length: Bytes;
}

export const previewSchema: GenericSchema<unknown, Preview> = strictObject({
  length: count(MAX_STATE_BYTES),
});

export type Proof = "nothing" | "stored" | "memory";

/** The last state's records are complete, and so is memory but for the absent pages. */
export interface StateHead {
  readonly length: Bytes;
  /** Pages that come later; the frames `absent` before this one named them. */
  readonly absentPages: PageCount;
  /** What the target answers digests of: nothing, every page as it was stored last, or all of its memory as it is now. */
  readonly proves: Proof;
}

export const stateSchema: GenericSchema<unknown, StateHead> = strictObject({
  length: count(MAX_STATE_BYTES),
  absentPages: count(MAX_PAGES),
  proves: picklist(["nothing", "stored", "memory"]),
});

/** The target could run it now. */
export interface Ready {
  /** Digest of the pages' digests, sixteen hexadecimal digits; null when no proof was asked for. */
  readonly root: string | null;
}

const root = union([text(16), null_()]);

export const readySchema: GenericSchema<unknown, Ready> = strictObject({ root });

/** Every page is there, and this is what the guest's faults were. */
export interface Complete {
  readonly faults: number;
  readonly networkFaults: number;
  readonly stallMs: Milliseconds;
  readonly medianStallMs: Milliseconds;
  readonly maxStallMs: Milliseconds;
  /** As of {@link Ready}, of the pages as they were stored. */
  readonly root: string | null;
}

export const completeSchema: GenericSchema<unknown, Complete> = strictObject({
  faults: count(Number.MAX_SAFE_INTEGER),
  networkFaults: count(Number.MAX_SAFE_INTEGER),
  stallMs: span,
  medianStallMs: span,
  maxStallMs: span,
  root,
});

const MAX_JSON_BYTES: Bytes = 65_536;

/** A JSON body. */
export function encodeMessage(message: object): Uint8Array {
  const body = new TextEncoder().encode(JSON.stringify(message));
  if (body.length <= MAX_JSON_BYTES) return body;
  throw new InvalidOptionError("message", `${body.length} bytes`, `at most ${MAX_JSON_BYTES}`);
}

/** Reads a JSON body. @throws WireFormatError when it is not what the schema says. */
export function parseMessage<T>(schema: GenericSchema<unknown, T>, body: Uint8Array): T {
  if (body.length > MAX_JSON_BYTES) throw new WireFormatError("too long a message", MAX_JSON_BYTES);
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
  } catch (cause) {
    throw new WireFormatError("a message is no JSON", 0, { cause });
  }
  const result = safeParse(schema, value);
  if (result.success) return result.output;
  throw new WireFormatError(`a damaged message: ${result.issues[0].message}`, 0);
}

/** A count of bytes: those of page records that the target has taken in since the start. */
export function encodeCount(value: number): Uint8Array {
  const body = new Uint8Array(8);
  new DataView(body.buffer).setFloat64(0, value, true);
  return body;
}

/** @throws WireFormatError */
export function parseCount(body: Uint8Array): number {
  if (body.length !== 8) throw new WireFormatError(`a count of ${body.length} bytes`, 0);
  const value = new DataView(body.buffer, body.byteOffset).getFloat64(0, true);
  if (!Number.isSafeInteger(value) || value < 0) throw new WireFormatError("a bad count", 0);
  return value;
}

/** Pages that the guest waits for. */
export function encodePages(pages: readonly PageIndex[]): Uint8Array {
  const body = new Uint8Array(4 * pages.length);
  const view = new DataView(body.buffer);
  for (const [index, page] of pages.entries()) view.setUint32(4 * index, page, true);
  return body;
}

/** @throws WireFormatError */
export function parsePages(body: Uint8Array, pageCount: number): PageIndex[] {
  if (body.length % 4 !== 0 || body.length > 4 * MAX_REQUESTED_PAGES) {
    throw new WireFormatError(`a list of pages of ${body.length} bytes`, 0);
  }
  const view = new DataView(body.buffer, body.byteOffset, body.length);
  return Array.from({ length: body.length / 4 }, (_, index) => {
    const page = view.getUint32(4 * index, true);
    if (page >= pageCount) throw new WireFormatError(`page ${page} of ${pageCount}`, 4 * index);
    return page;
  });
}
