import { WireFormatError } from "../../errors.js";
import type { Bytes, PageCount } from "../../units.js";
import type { Ipv4 } from "../network/ethernet.js";
import type { V86Cpu } from "./emulator.js";
import { STATE } from "./layout.js";
import { checkShape, type StateShape } from "./state-shape.js";
import { putTogether, type StateParts, type StateTree, takeApart } from "./state-tree.js";

// A moved state:
//
//   0  magic "GWV8"         16  length of all
//   4  version              20  length of the JSON
//   8  pages of memory      32  JSON, and spaces up to JSON_BYTES
//  12  IPv4 address seen        {"buffer_infos": [{offset, length}...], "state": [...]}
//                           ..  buffers, each from a multiple of 4
//
// It says what v86's own file says. But v86 writes numbers as short as they are, so every part moves when one gets
// longer. Here each is padded, and the JSON as a whole: two states of a machine differ in place, and one is a small
// delta of the other. And what is large is copied once only: memory that is let go of again and again makes the
// engine look for garbage amid a handover.

const MAGIC = 0x38565747;
/** Another number for another format of a moved state. */
export const STATE_VERSION = 2;
const ADDRESS_AT: Bytes = 12;
const NO_ADDRESS: Ipv4 = new Uint8Array(4);
const LENGTH_AT: Bytes = 16;
const JSON_LENGTH_AT: Bytes = 20;
const HEAD: Bytes = 32;
const NOWHERE = -1;
/** Room for the JSON of a machine with every device that godwit gives it, three times over. */
const JSON_BYTES: Bytes = 128 << 10;
const BUFFERS_AT: Bytes = HEAD + JSON_BYTES;
/** The longest a number can be. */
const NUMBER_WIDTH = 24;
const SPACE = 0x20;
/** v86's largest part is the screen's memory, which is limited to this. */
const MOST_BYTES: Bytes = 128 << 20;

/** What godwit itself keeps of a machine. */
export interface StateHead {
  readonly pageCount: PageCount;
  /** The guest's address as seen in what it sent; null: not seen yet. */
  readonly address: Ipv4 | null;
}

/**
 * Makes a state that moves of what v86 has at this moment.
 *
 * @param room - An earlier state: it is overwritten, if this one is as long.
 */
export function packState(
  cpu: V86Cpu,
  { pageCount, address }: StateHead,
  room: Uint8Array<ArrayBuffer>,
): Uint8Array<ArrayBuffer> {
  const { tree, buffers } = takeApart(cpu);
  tree[STATE.lastFetch] = NOWHERE;
  let end = 0;
  const infos = buffers.map(({ length }) => {
    const offset = end;
    end = (offset + length + 3) & ~3;
    return { offset, length };
  });
  const json = new TextEncoder().encode(padded({ buffer_infos: infos, state: tree }));
  if (json.length > JSON_BYTES) throw new WireFormatError("the state of v86 is too long", -1);
  const length = BUFFERS_AT + end;
  const whole = room.length === length ? room : new Uint8Array(length);
  new Int32Array(whole.buffer, 0, 3).set([MAGIC, STATE_VERSION, pageCount]);
  new Int32Array(whole.buffer, LENGTH_AT, 2).set([length, json.length]);
  whole.set(address ?? NO_ADDRESS, ADDRESS_AT);
  whole.set(json, HEAD);
  whole.fill(SPACE, HEAD + json.length, BUFFERS_AT);
  for (const [index, bytes] of buffers.entries()) {
    whole.set(bytes, BUFFERS_AT + (infos[index]?.offset as number));
  }
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
  own: StateShape,
  pageCount: PageCount,
): { readonly state: unknown[]; readonly address: Ipv4 | null } {
  const jsonLength = checkHead(bytes, pageCount);
  const text = new TextDecoder().decode(bytes.subarray(HEAD, HEAD + jsonLength));
  const { tree, buffers } = readInfo(text, bytes.subarray(BUFFERS_AT));
  checkShape({ tree, buffers }, own);
  if (tree[STATE.memorySize] !== own.tree[STATE.memorySize]) {
    throw new WireFormatError("the state is of a machine with other memory", -1);
  }
  const address = bytes.slice(ADDRESS_AT, ADDRESS_AT + NO_ADDRESS.length);
  const state = putTogether({ tree, buffers });
  return { state, address: address.some((byte) => byte !== 0) ? address : null };
}

/** Answers the length of the JSON. */
function checkHead(bytes: Uint8Array, pageCount: PageCount): Bytes {
  if (bytes.length < BUFFERS_AT) {
    throw new WireFormatError("the state of a PC ends early", bytes.length);
  }
  if (bytes.length > MOST_BYTES) throw new WireFormatError("the state of a PC is too long", 0);
  const view = new DataView(bytes.buffer, bytes.byteOffset, HEAD);
  const expected: [at: number, value: number, what: string][] = [
    [0, MAGIC, "not the state of a v86 PC"],
    [4, STATE_VERSION, "a state in a format of another version"],
    [8, pageCount, "the state of a PC with other memory"],
    [LENGTH_AT, bytes.length, "a state whose length is not as it says"],
  ];
  for (const [at, value, what] of expected) {
    if (view.getInt32(at, true) !== (value | 0)) throw new WireFormatError(what, at);
  }
  const jsonLength = view.getUint32(JSON_LENGTH_AT, true);
  if (jsonLength <= JSON_BYTES) return jsonLength;
  throw new WireFormatError("a state whose JSON is too long", JSON_LENGTH_AT);
}

/** The tree and its buffers, which lie within what there is. */
function readInfo(text: string, bytes: Uint8Array): StateParts {
  const fail = (what: string): never => {
    throw new WireFormatError(`the state's JSON ${what}`, HEAD);
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
  const buffers = buffer_infos.map((one: unknown) => {
    const { offset, length } = (one ?? {}) as Record<string, unknown>;
    const isPlace = isIndex(offset) && isIndex(length) && offset % 4 === 0;
    if (!isPlace || offset + length > bytes.length)
      return fail("names a place outside of the state");
    return bytes.subarray(offset, offset + length);
  });
  return { tree: state as StateTree, buffers };
}

function isIndex(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
