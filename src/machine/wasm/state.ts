import { WireFormatError } from "../../errors.js";
import { REGISTER_BYTES, WASM_PAGE } from "./layout.js";
import type { WasmProgram } from "./program.js";

/** How a machine is: it goes on, its step said that it is over, or it trapped. */
export type Status = "active" | "ended" | "trapped";

/** All of a machine that is not in its pages. */
export interface WasmState {
  readonly status: Status;
  readonly registers: Uint8Array;
  readonly tables: readonly Uint32Array[];
}

// 0 magic, 4 version, 8 status, 12 how many registers, 16 the registers, then, where tables change, each
// table: its length and its elements. All numbers have 32 bits and are little-endian.
const MAGIC = 0x4d_53_57_47;
const VERSION = 1;
const HEADER_BYTES = 16;
const STATUSES: readonly Status[] = ["active", "ended", "trapped"];
/** Engines take no larger tables. */
const MAX_ELEMENTS = 10_000_000;

export function encodeState({ status, registers, tables }: WasmState): Uint8Array {
  const elements = tables.reduce((sum, table) => sum + 1 + table.length, 0);
  const bytes = new Uint8Array(HEADER_BYTES + registers.length + 4 * elements);
  const view = new DataView(bytes.buffer);
  const head = [MAGIC, VERSION, STATUSES.indexOf(status), registers.length / REGISTER_BYTES];
  head.forEach((value, index) => {
    view.setUint32(4 * index, value, true);
  });
  bytes.set(registers, HEADER_BYTES);
  let at = HEADER_BYTES + registers.length;
  for (const table of tables) {
    for (const value of [table.length, ...table]) {
      view.setUint32(at, value, true);
      at += 4;
    }
  }
  return bytes;
}

/**
 * Reads the state of a machine of this program, which comes from a peer.
 *
 * @throws WireFormatError when it is none.
 */
export function decodeState(bytes: Uint8Array, program: WasmProgram): WasmState {
  const { survey, module, layouts } = program;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const count = survey.registers.length;
  const tablesAt = HEADER_BYTES + count * REGISTER_BYTES;
  if (bytes.length < tablesAt) throw fault("it is too short", bytes.length);
  const u32 = (at: number): number => {
    if (at + 4 > bytes.length) throw fault("it ends too early", at);
    return view.getUint32(at, true);
  };
  if (u32(0) !== MAGIC || u32(4) !== VERSION) throw fault("it is of another kind or version", 0);
  const status = STATUSES[u32(8)];
  if (!status) throw fault("a machine cannot be like that", 8);
  if (u32(12) !== count) throw fault("it has other globals", 12);
  const registers = bytes.slice(HEADER_BYTES, tablesAt);
  survey.sizes.forEach((global, memory) => {
    const register = survey.registers.findIndex((one) => one.global === global);
    const at = HEADER_BYTES + register * REGISTER_BYTES;
    const { min, limit } = layouts[memory] ?? { min: 0, limit: 0 };
    if (u32(at) < min || u32(at) > limit) {
      throw fault(`a memory is not of ${min} to ${limit} times ${WASM_PAGE} bytes`, at);
    }
  });
  let at = tablesAt;
  const tables = (survey.changesTables ? module.tables : []).map(({ max }) => {
    const length = u32(at);
    const isTooLong = length > Math.min(max ?? MAX_ELEMENTS, MAX_ELEMENTS);
    if (isTooLong || at + 4 + 4 * length > bytes.length) throw fault("a table is too long", at);
    const table = Uint32Array.from({ length }, (_, index) => u32(at + 4 + 4 * index));
    at += 4 + 4 * length;
    return table;
  });
  if (at !== bytes.length) throw fault("something follows it", at);
  return { status, registers, tables };
}

function fault(what: string, at: number): WireFormatError {
  return new WireFormatError(`the state of a WebAssembly machine is damaged: ${what}`, at);
}
