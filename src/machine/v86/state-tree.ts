import type { V86Cpu } from "./emulator.js";

/** A value in v86's state: plain, a list, or a typed array that lies in a buffer. */
export type StateValue = number | boolean | string | null | StateTree | StateBuffer;

/** A list in v86's state, and the state itself. */
export type StateTree = StateValue[];

/** A typed array, as v86 writes it down. */
export interface StateBuffer {
  readonly __state_type__: string;
  readonly buffer_id: number;
}

/** v86's state, taken apart: a tree that is JSON, and the bytes that its typed arrays refer to by their index. */
export interface StateParts {
  readonly tree: StateTree;
  readonly buffers: readonly Uint8Array[];
}

const TYPED_ARRAYS = {
  Uint8Array,
  Int8Array,
  Uint16Array,
  Int16Array,
  Uint32Array,
  Int32Array,
  Float32Array,
  Float64Array,
};
type TypedArray = InstanceType<(typeof TYPED_ARRAYS)[keyof typeof TYPED_ARRAYS]>;

/** What v86 has now, in views that are valid until it runs on. */
export function takeApart(cpu: Pick<V86Cpu, "get_state">): StateParts {
  const buffers: Uint8Array[] = [];
  return { tree: listOf(cpu.get_state(), buffers), buffers };
}

function partOf(value: unknown, buffers: Uint8Array[]): StateValue {
  if (typeof value !== "object" || value === null) return (value ?? null) as StateValue;
  if (Array.isArray(value)) return listOf(value, buffers);
  if (isTypedArray(value)) return bufferOf(value, buffers);
  return listOf((value as Pick<V86Cpu, "get_state">).get_state(), buffers);
}

/** Arrays over v86's memory are proxies that look for it at each use, and their type's name says so. */
function isTypedArray(value: object): value is TypedArray {
  return (value as Partial<TypedArray>).BYTES_PER_ELEMENT !== undefined;
}

/** Lists may have holes. */
function listOf(list: readonly unknown[], buffers: Uint8Array[]): StateTree {
  return Array.from(list, (item) => partOf(item, buffers));
}

function bufferOf(array: TypedArray, buffers: Uint8Array[]): StateBuffer {
  const { buffer, byteOffset, byteLength } = array;
  buffers.push(new Uint8Array(buffer, byteOffset, byteLength));
  const type = array.constructor.name.replace("bound ", "");
  return { __state_type__: type, buffer_id: buffers.length - 1 };
}

/** What v86 takes over: the tree with its typed arrays, which are copies, in their places. The tree itself is changed. */
export function putTogether({ tree, buffers }: StateParts): unknown[] {
  const list: unknown[] = tree;
  for (const [index, value] of tree.entries()) {
    if (Array.isArray(value)) putTogether({ tree: value, buffers });
    else if (typeof value === "object" && value !== null) list[index] = arrayOf(value, buffers);
  }
  return list;
}

function arrayOf(
  { __state_type__: type, buffer_id: id }: StateBuffer,
  buffers: StateParts["buffers"],
) {
  // A copy that begins at 0, which `slice` would not give of a Buffer.
  const { buffer } = new Uint8Array(buffers[id] as Uint8Array);
  return new TYPED_ARRAYS[type as keyof typeof TYPED_ARRAYS](buffer);
}
