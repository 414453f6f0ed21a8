import { WireFormatError } from "../../errors.js";
import type { Bytes } from "../../units.js";
import { STATE } from "./layout.js";
import type { StateBuffer, StateParts, StateTree, StateValue } from "./state-tree.js";

/** A state's tree, and how long its buffers are. */
export interface StateShape {
  readonly tree: StateTree;
  readonly bufferLengths: readonly Bytes[];
}

/** What a state must be like to be one of the same machine. */
export function shapeOf({ tree, buffers }: StateParts): StateShape {
  return { tree, bufferLengths: buffers.map(({ length }) => length) };
}

/** Longest text of a state; v86 has device names. */
const MOST_TEXT = 64;
/** Lists whose length is the guest's doing, and how long they may get. */
const FREE_LISTS: ReadonlyMap<number, number> = new Map([[STATE.firmwareValue, 4096]]);
/** Devices whose buffers grow with what the guest asks of them, and how long they may get. */
const FREE_BUFFERS: ReadonlyMap<number, Bytes> = new Map([[STATE.ide, 1 << 20]]);

/**
 * Holds a state from a peer to the shape of one of our own: lists as long, typed arrays of the same type
 * and length, and plain values where there are plain values.
 *
 * @throws WireFormatError where they differ.
 */
export function checkShape(state: StateParts, own: StateShape): void {
  if (state.tree.length !== own.tree.length) fail([], "has another length");
  for (const [index, value] of state.tree.entries()) {
    const mostItems = FREE_LISTS.get(index);
    if (mostItems !== undefined) checkNumbers(value, mostItems, [index]);
    else new ShapeCheck(state, own, FREE_BUFFERS.get(index)).value(value, own.tree[index], [index]);
  }
}

class ShapeCheck {
  readonly #state: StateParts;
  readonly #own: StateShape;
  readonly #freeBytes: Bytes | undefined;

  constructor(state: StateParts, own: StateShape, freeBytes: Bytes | undefined) {
    this.#state = state;
    this.#own = own;
    this.#freeBytes = freeBytes;
  }

  value(value: StateValue, own: StateValue | undefined, path: number[]): void {
    if (Array.isArray(own)) this.#list(value, own, path);
    else if (typeof own === "object" && own !== null) this.#buffer(value, own, path);
    else if (!isPlain(value)) fail(path, "is no plain value");
  }

  #list(value: StateValue, own: StateTree, path: number[]): void {
    if (!Array.isArray(value) || value.length !== own.length) fail(path, "is no list as long");
    for (const [index, item] of value.entries()) this.value(item, own[index], [...path, index]);
  }

  #buffer(value: StateValue, own: StateBuffer, path: number[]): void {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      fail(path, "is no typed array");
    }
    const { __state_type__: type, buffer_id: id, ...rest } = value as StateBuffer;
    const isSame = type === own.__state_type__ && Object.keys(rest).length === 0;
    if (!isSame || !Number.isSafeInteger(id)) fail(path, "is another typed array");
    const length = this.#state.buffers[id]?.length ?? -1;
    const expected = this.#own.bufferLengths[own.buffer_id];
    const isFree = this.#freeBytes !== undefined && type === "Uint8Array";
    if (length !== expected && !(isFree && length >= 0 && length <= (this.#freeBytes as Bytes))) {
      fail(path, "has another length");
    }
  }
}

function checkNumbers(value: StateValue, most: number, path: number[]): void {
  const isList = Array.isArray(value) && value.length <= most;
  if (!isList || !value.every(isFiniteNumber)) fail(path, "is no short list");
}

function isPlain(value: StateValue): boolean {
  if (typeof value === "string") return value.length <= MOST_TEXT;
  return value === null || typeof value === "boolean" || isFiniteNumber(value);
}

function fail(path: readonly number[], what: string): never {
  throw new WireFormatError(`the state of a PC at [${path.join("][")}] ${what}`, -1);
}

/** JSON has numbers that are too large for a double. */
function isFiniteNumber(value: StateValue): boolean {
  return typeof value === "number" && Number.isFinite(value);
}
