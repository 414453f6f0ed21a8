import { InvalidOptionError } from "../../errors.js";
import type { ByteReader } from "./bytes.js";

/** How the binary format writes a type of value. */
export const I32 = 0x7f;
export const I64 = 0x7e;
export const F32 = 0x7d;
export const F64 = 0x7c;
export const V128 = 0x7b;
export const FUNCREF = 0x70;
export type ValueType = number;

/** Where prefixed instructions lie in one number: prefix * 4096 + number. */
export const BULK: number = 0xfc * 4096;
const SIMD = 0xfd * 4096;
const ATOMIC = 0xfe * 4096;

export const MEMORY_SIZE = 0x3f;
export const MEMORY_GROW = 0x40;
export const MEMORY_INIT: number = BULK + 8;
export const DATA_DROP: number = BULK + 9;
export const MEMORY_COPY: number = BULK + 10;
export const MEMORY_FILL: number = BULK + 11;
export const TABLE_INIT: number = BULK + 12;
export const ELEM_DROP: number = BULK + 13;
/** Instructions that change a table: set, init, copy, grow, fill. */
export const TABLE_WRITES: ReadonlySet<number> = new Set(
  [0x26, 12, 14, 15, 17].map((code) => (code === 0x26 ? code : BULK + code)),
);

/** What an instruction does to memory. */
export interface MemoryAccess {
  /** Bytes that it touches. */
  readonly width: number;
  /** Types of the operands that lie above the address on the stack. */
  readonly operands: readonly ValueType[];
  readonly isWrite: boolean;
}

/** Memory accesses by their instruction. */
const ACCESSES = new Map<number, MemoryAccess>();

function load(width: number, operands: readonly ValueType[] = []): MemoryAccess {
  return { width, operands, isWrite: false };
}

function store(width: number, ...operands: ValueType[]): MemoryAccess {
  return { width, operands, isWrite: true };
}

/** Describes instructions that follow one another. */
function describe(first: number, accesses: readonly MemoryAccess[]): void {
  accesses.forEach((access, index) => {
    ACCESSES.set(first + index, access);
  });
}

const loads = (...widths: number[]): MemoryAccess[] => widths.map((width) => load(width));

describe(0x28, loads(4, 8, 4, 8, 1, 1, 2, 2, 1, 1, 2, 2, 4, 4));
describe(0x36, [store(4, I32), store(8, I64), store(4, F32), store(8, F64), store(1, I32)]);
describe(0x3b, [store(2, I32), store(1, I64), store(2, I64), store(4, I64)]);
describe(SIMD, [...loads(16, 8, 8, 8, 8, 8, 8, 1, 2, 4, 8), store(16, V128)]);
// A lane is loaded or stored: the vector lies above the address both times.
const LANES = [1, 2, 4, 8];
describe(
  SIMD + 84,
  LANES.map((width) => load(width, [V128])),
);
describe(
  SIMD + 88,
  LANES.map((width) => store(width, V128)),
);
describe(SIMD + 92, loads(4, 8));
describe(ATOMIC, [load(4, [I32]), load(4, [I32, I64]), load(8, [I64, I64])]);
// Atomics come in sevens: i32, i64, and the narrow ones of both.
const SEVEN: readonly (readonly [number, ValueType])[] = [
  [4, I32],
  [8, I64],
  [1, I32],
  [2, I32],
  [1, I64],
  [2, I64],
  [4, I64],
];
describe(
  ATOMIC + 0x10,
  SEVEN.map(([width]) => load(width)),
);
// Stores, then add, sub, and, or, xor and exchange.
for (let group = 0; group < 7; group++) {
  describe(
    ATOMIC + 0x17 + 7 * group,
    SEVEN.map(([width, type]) => store(width, type)),
  );
}
describe(
  ATOMIC + 0x48,
  SEVEN.map(([width, type]) => store(width, type, type)),
);

/** One instruction as it lies in a function's body. */
export interface Instruction {
  /** Its number; those behind a prefix as {@link BULK} says. */
  readonly code: number;
  readonly start: number;
  readonly end: number;
  readonly access: MemoryAccess | undefined;
  /** Of memory accesses: 2^align bytes is the alignment that the compiler hopes for. */
  readonly align: number;
  readonly offset: number;
  /** Indices among its immediates: a memory, a segment, a table, a function. */
  readonly first: number;
  readonly second: number;
}

/** The instructions of a body or of a constant expression, the last `end` included. */
export function* instructions(reader: ByteReader): Generator<Instruction> {
  while (!reader.isAtEnd) yield readInstruction(reader);
}

function readInstruction(reader: ByteReader): Instruction {
  const start = reader.at;
  const byte = reader.u8();
  const code = byte >= 0xfc && byte <= 0xfe ? byte * 4096 + reader.u32() : byte;
  const access = ACCESSES.get(code);
  if (access) {
    const place = readPlace(reader, start);
    if (code >= SIMD + 84 && code < SIMD + 92) reader.u8();
    return { code, start, end: reader.at, access, ...place, second: 0 };
  }
  const [first, second] = readImmediates(reader, code, start);
  return { code, start, end: reader.at, access, align: 0, offset: 0, first, second };
}

/** Where an access goes: alignment, memory and offset. */
function readPlace(
  reader: ByteReader,
  start: number,
): { align: number; offset: number; first: number } {
  const flags = reader.u32();
  if (flags >= 128) throw unknown("a form of memory access", start);
  const first = flags & 64 ? reader.u32() : 0;
  return { align: flags & 63, first, offset: reader.u32() };
}

const NONE: readonly [number, number] = [0, 0];

function readImmediates(
  reader: ByteReader,
  code: number,
  start: number,
): readonly [number, number] {
  if (code >= BULK) return readPrefixed(reader, code, start);
  if (code >= 0x45 && code <= 0xc4) return NONE;
  switch (code) {
    // unreachable, nop, else, end, return, drop, select, ref.is_null
    case 0x00:
    case 0x01:
    case 0x05:
    case 0x0b:
    case 0x0f:
    case 0x1a:
    case 0x1b:
    case 0xd1:
      return NONE;
    // Blocks with their type, constants, ref.null.
    case 0x02:
    case 0x03:
    case 0x04:
    case 0x41:
    case 0x42:
    case 0xd0:
      reader.skipNumber();
      return NONE;
    case 0x0e:
      for (let targets = reader.u32(); targets >= 0; targets--) reader.u32();
      return NONE;
    case 0x1c:
      reader.skip(reader.u32());
      return NONE;
    case 0x43:
      reader.skip(4);
      return NONE;
    case 0x44:
      reader.skip(8);
      return NONE;
    // Calls of a type through a table.
    case 0x11:
    case 0x13:
      return [reader.u32(), reader.u32()];
    // Branches, calls, locals, globals, tables, memory's size, ref.func.
    case 0x0c:
    case 0x0d:
    case 0x10:
    case 0x12:
    case 0x20:
    case 0x21:
    case 0x22:
    case 0x23:
    case 0x24:
    case 0x25:
    case 0x26:
    case MEMORY_SIZE:
    case MEMORY_GROW:
    case 0xd2:
      return [reader.u32(), 0];
    default:
      throw unknown(`instruction 0x${code.toString(16)}`, start);
  }
}

/** Of the instructions behind a prefix. */
function readPrefixed(reader: ByteReader, code: number, start: number): readonly [number, number] {
  if (code < SIMD) {
    const number = code - BULK;
    if (number < 8) return NONE;
    if (number === 8 || number === 10 || number === 12 || number === 14) {
      return [reader.u32(), reader.u32()];
    }
    if (number <= 17) return [reader.u32(), 0];
  } else if (code < ATOMIC) {
    const number = code - SIMD;
    if (number === 12 || number === 13) reader.skip(16);
    else if (number >= 21 && number <= 34) reader.skip(1);
    if (number <= 0x113) return NONE;
  } else if (code === ATOMIC + 3) {
    reader.skip(1);
    return NONE;
  }
  throw unknown(`instruction 0x${(code >> 12).toString(16)} ${code & 4095}`, start);
}

/** What this pass does not know: exceptions, garbage-collected objects, threads' newest, 64-bit memories. */
function unknown(what: string, at: number): InvalidOptionError {
  return new InvalidOptionError(
    "module",
    `${what} at byte ${at}`,
    "instructions of WebAssembly 2.0, tail calls, atomics, several memories and relaxed SIMD",
  );
}
