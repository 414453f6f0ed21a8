import { signed, unsigned, WasmReader } from "./wasm-bytes.js";

/** Instructions as bytes of a function's body. */
export type Code = readonly number[];

const VOID = 0x40;
const WORD_ALIGNED = 2;

/** An assembler of the few instructions that a patch needs; all values are 32-bit integers. */
export const code = {
  constant: (value: number): Code => [0x41, ...signed(value)],
  local: (index: number): Code => [0x20, ...unsigned(index)],
  setLocal: (index: number, value: Code): Code => [...value, 0x21, ...unsigned(index)],
  global: (index: number): Code => [0x23, ...unsigned(index)],
  /** The word at a constant address. */
  wordAt: (address: number): Code => [0x41, 0, 0x28, WORD_ALIGNED, ...unsigned(address)],
  /** The word at an address that is computed. */
  word: (address: Code): Code => [...address, 0x28, WORD_ALIGNED, 0],
  storeByte: (address: Code, value: Code): Code => [...address, ...value, 0x3a, 0, 0],
  call: (index: number, ...parameters: Code[]): Code => [
    ...parameters.flat(),
    0x10,
    ...unsigned(index),
  ],
  drop: (value: Code): Code => [...value, 0x1a],
  when: (condition: Code, ...then: Code[]): Code => [
    ...condition,
    0x04,
    VOID,
    ...then.flat(),
    0x0b,
  ],
  choose: (condition: Code, then: Code[], otherwise: Code[]): Code => [
    ...condition,
    0x04,
    VOID,
    ...then.flat(),
    0x05,
    ...otherwise.flat(),
    0x0b,
  ],
  isZero: (value: Code): Code => [...value, 0x45],
  add: (a: Code, b: Code): Code => [...a, ...b, 0x6a],
  subtract: (a: Code, b: Code): Code => [...a, ...b, 0x6b],
  and: (a: Code, b: Code): Code => [...a, ...b, 0x71],
  or: (a: Code, b: Code): Code => [...a, ...b, 0x72],
  xor: (a: Code, b: Code): Code => [...a, ...b, 0x73],
  shiftLeft: (a: Code, bits: number): Code => [...a, ...code.constant(bits), 0x74],
  shiftRight: (a: Code, bits: number): Code => [...a, ...code.constant(bits), 0x76],
  /** A body with so many locals beside the parameters. */
  body: (locals: number, ...instructions: Code[]): Uint8Array =>
    Uint8Array.from([1, ...unsigned(locals), 0x7f, ...instructions.flat(), 0x0b]),
} as const;

/** What a function calls directly, and the constant offsets of its loads and stores, in order. */
export interface References {
  readonly calls: readonly number[];
  readonly offsets: readonly number[];
}

/**
 * Goes through a body that has only plain integer instructions.
 *
 * @throws WireFormatError at any other.
 */
export function readReferences(body: Uint8Array): References {
  const reader = new WasmReader(body);
  const calls: number[] = [];
  const offsets: number[] = [];
  reader.list(() => [reader.u32(), reader.u8()]);
  while (!reader.isAtEnd) {
    const instruction = reader.u8();
    if (instruction === 0x10) calls.push(reader.u32());
    else if (instruction >= 0x28 && instruction <= 0x3e) {
      reader.u32();
      offsets.push(reader.u32());
    } else if (instruction >= 0x02 && instruction <= 0x04) reader.u8();
    else if (hasOneNumber(instruction)) reader.skipNumber();
    else if (!isBare(instruction)) reader.fail(`has an instruction ${instruction} in a plain body`);
  }
  return { calls, offsets };
}

/** Branches, locals, globals and constants. */
function hasOneNumber(instruction: number): boolean {
  return (
    instruction === 0x0c ||
    instruction === 0x0d ||
    (instruction >= 0x20 && instruction <= 0x24) ||
    instruction === 0x41 ||
    instruction === 0x42
  );
}

/** unreachable, nop, else, end, return, drop, select, and arithmetic. */
function isBare(instruction: number): boolean {
  return (
    [0x00, 0x01, 0x05, 0x0b, 0x0f, 0x1a, 0x1b].includes(instruction) ||
    (instruction >= 0x45 && instruction <= 0xc4)
  );
}
