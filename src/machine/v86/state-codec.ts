import { WireFormatError } from "../../errors.js";
import type { Bytes, PageCount } from "../../units.js";
import type { Ipv4 } from "../network/ethernet.js";
import { STATE } from "./layout.js";
import { checkShape, type StateTree } from "./state-shape.js";

// A moved state: a head of godwit's own, and behind it v86's file.
//
//   0  magic "GWV8"         16  v86: magic          32  JSON, padded with spaces to JSON_BYTES
//   4  version              20  v86: version            {"buffer_infos": [{offset, length}...], "state": [...]}
//   8  pages of memory      24  v86: length         ..  buffers, each from a multiple of 4
//  12  IPv4 address seen    28  v86: JSON's length
//
// v86 writes numbers as short as they are, so every part moves when one gets longer. Here each is padded,
// and the JSON as a whole: two states of a machine differ in place, and one is a small delta of the other.

const MAGIC = 0x38565747;
/** Another number for another format of a moved state. */
export const STATE_VERSION = 1;
const ADDRESS_AT: Bytes = 12;
const NO_ADDRESS: Ipv4 = new Uint8Array(4);
const HEAD: Bytes = 16;
const V86_HEAD: Bytes = 16;
const V86_MAGIC = 0x86768676 | 0;
const V86_FORMAT = 6;
const NOWHERE = -1;
/** Room for the JSON of a machine with every device that godwit gives it, three times over. */
const JSON_BYTES: Bytes = 128 << 10;
/** The longest a number can be. */
const NUMBER_WIDTH = 24;
/** v86's largest part is the screen's memory, which is limited to this. */
const MOST_BYTES: Bytes = 128 << 20;

/** What godwit itself keeps of a machine. */
export interface StateHead {
  readonly pageCount: PageCount;
  /** The guest's address as seen in what it sent; null: not seen yet. */
  readonly address: Ipv4 | null;
}

/** A state as v86 saved it, taken apart. */
export interface V86State {
  readonly tree: StateTree;
  /** The lengths of the buffers that the tree refers to by their index. */
  readonly bufferLengths: readonly Bytes[];
}

/** Reads what v86 itself saved just now. */
export function readOwnState(saved: ArrayBuffer): V86State & { readonly buffers: Uint8Array } {
  const [, , , length = 0] = new Int32Array(saved, 0, 4);
  const text = new TextDecoder().decode(new Uint8Array(saved, V86_HEAD, length));
  const { state, buffer_infos } = JSON.parse(text) as {
    state: StateTree;
    buffer_infos: { length: Bytes }[];
  };
  return {
    tree: state,
    bufferLengths: buffer_infos.map((one) => one.length),
    buffers: new Uint8Array(saved, (V86_HEAD + length + 3) & ~3),
  };
}

/** Makes what v86 saved a state that moves. */
export function packState(saved: ArrayBuffer, { pageCount, address }: StateHead): Uint8Array {
  const { tree, bufferLengths, buffers } = readOwnState(saved);
  tree[STATE.lastFetch] = NOWHERE;
  let offset = 0;
  const infos = bufferLengths.map((length) => {
    const info = { offset, length };
    offset = (offset + length + 3) & ~3;
    return info;
  });
  const json = new TextEncoder().encode(padded({ buffer_infos: infos, state: tree }));
  if (json.length > JSON_BYTES) throw new WireFormatError("the state of v86 is too long", -1);
  const whole = new Uint8Array(HEAD + V86_HEAD + JSON_BYTES + buffers.length);
  const length = whole.length - HEAD;
  new Int32Array(whole.buffer, 0, 8).set([
    ...[MAGIC, STATE_VERSION, pageCount, 0],
    ...[V86_MAGIC, V86_FORMAT, length, JSON_BYTES],
  ]);
  whole.set(address ?? NO_ADDRESS, ADDRESS_AT);
  whole.fill(0x20, HEAD + V86_HEAD, HEAD + V86_HEAD + JSON_BYTES);
  whole.set(json, HEAD + V86_HEAD);
  whole.set(buffers, HEAD + V86_HEAD + JSON_BYTES);
  return whole;
}

/** JSON in which a value's length does not depend on it. */
function padded(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(padded).join()}]`;
  if (typeof value === "object" && value !== null) {
    const fields = Object.entries(value).map(([key, field]) => `"${key}":${padded(field)}`);
    return `{${fields.join()}}`;
  }
  return (JSON.stringify(value) ?? "null").padEnd(NUMBER_WIDTH);
}

/**
 * Checks a state that came from a peer before v86 sees any of it.
 *
 * @param own - A state of this very machine, whose shape the other must have.
 * @returns What v86 takes, and what godwit kept.
 * @throws WireFormatError when anything is not as it must be.
 */
export function unpackState(
  bytes: Uint8Array,
  own: V86State,
  pageCount: PageCount,
): { readonly saved: ArrayBuffer; readonly address: Ipv4 | null } {
  checkHead(bytes, pageCount);
  // A copy that begins at 0, which `slice` would not give of a Buffer.
  const saved = new Uint8Array(bytes.subarray(HEAD)).buffer;
  const text = new TextDecoder().decode(new Uint8Array(saved, V86_HEAD, JSON_BYTES));
  const bufferBytes = saved.byteLength - V86_HEAD - JSON_BYTES;
  const { tree, bufferLengths } = readInfo(text, bufferBytes);
  checkShape({ tree, bufferLengths }, own);
  if (tree[STATE.memorySize] !== own.tree[STATE.memorySize]) {
    throw new WireFormatError("the state is of a machine with other memory", -1);
  }
  const address = bytes.slice(ADDRESS_AT, ADDRESS_AT + NO_ADDRESS.length);
  return { saved, address: address.some((byte) => byte !== 0) ? address : null };
}

function checkHead(bytes: Uint8Array, pageCount: PageCount): void {
  if (bytes.length < HEAD + V86_HEAD + JSON_BYTES) {
    throw new WireFormatError("the state of a PC ends early", bytes.length);
  }
  if (bytes.length > MOST_BYTES) throw new WireFormatError("the state of a PC is too long", 0);
  const view = new DataView(bytes.buffer, bytes.byteOffset, HEAD + V86_HEAD);
  const length = bytes.length - HEAD;
  const expected: [at: number, value: number, what: string][] = [
    [0, MAGIC, "not the state of a v86 PC"],
    [4, STATE_VERSION, "a state in a format of another version"],
    [8, pageCount, "the state of a PC with other memory"],
    [16, V86_MAGIC, "not a state of v86"],
    [20, V86_FORMAT, "a state in another format of v86"],
    [24, length, "a state whose length is not as it says"],
    [28, JSON_BYTES, "a state whose JSON is not as long as it must be"],
  ];
  for (const [at, value, what] of expected) {
    if (view.getInt32(at, true) !== (value | 0)) throw new WireFormatError(what, at);
  }
}

/** The tree and the lengths of its buffers, which lie within what there is. */
function readInfo(text: string, bufferBytes: Bytes): V86State {
  const fail = (what: string): never => {
    throw new WireFormatError(`the state's JSON ${what}`, HEAD + V86_HEAD);
  };
  let info: unknown;
  try {
    info = JSON.parse(text);
  } catch {
    return fail("is none");
  }
  if (typeof info !== "object" || info === null) return fail("is no object");
  if (Object.keys(info).sort().join() !== "buffer_infos,state") return fail("has other fields");
  const { state, buffer_infos } = info as { state: unknown; buffer_infos: unknown };
  if (!Array.isArray(state) || !Array.isArray(buffer_infos)) return fail("has no lists");
  const bufferLengths = buffer_infos.map((one: unknown) => {
    const { offset, length } = (one ?? {}) as Record<string, unknown>;
    const isPlace = isIndex(offset) && isIndex(length) && offset % 4 === 0;
    if (!isPlace || offset + length > bufferBytes)
      return fail("names a place outside of the state");
    return length;
  });
  return { tree: state as StateTree, bufferLengths };
}

function isIndex(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
