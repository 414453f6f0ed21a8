import { InvalidOptionError, WireFormatError } from "../../errors.js";
import { ByteReader } from "./bytes.js";
import { FUNCREF, instructions, type ValueType } from "./instructions.js";

/** A module as its sections say, as far as moving it needs. */
export interface WasmModule {
  /** Parameters of each function type. */
  readonly types: readonly (readonly ValueType[])[];
  /** Imports that the user gives: functions and globals. */
  readonly imports: readonly UserImport[];
  /** Type of each function, imported ones first. */
  readonly functions: readonly number[];
  readonly importedFunctions: number;
  /** Types of the elements of each table, and the most it may hold. */
  readonly tables: readonly Table[];
  readonly memories: readonly Limits[];
  readonly globals: readonly Global[];
  readonly exports: readonly Export[];
  readonly start: number | null;
  /** Functions that can be elements of a table, ascending. */
  readonly declared: readonly number[];
  readonly segments: readonly DataSegment[];
  readonly elementSegments: number;
  readonly bodies: readonly ByteReader[];
  /** Sections as they lie in the file, for those that go through unchanged. */
  readonly sections: readonly Section[];
}

export interface Section {
  readonly id: number;
  readonly body: Uint8Array;
}

export interface UserImport {
  readonly module: string;
  readonly name: string;
  readonly kind: "function" | "global";
  /** Kind and type as they are written. */
  readonly written: Uint8Array;
}

export interface Limits {
  readonly min: number;
  readonly max: number | null;
}

export interface Table extends Limits {
  readonly type: ValueType;
}

export interface Global {
  readonly type: ValueType;
  readonly isMutable: boolean;
}

export interface Export {
  readonly name: string;
  readonly kind: number;
  readonly index: number;
}

export interface DataSegment {
  /** Where it goes when the module starts; null for passive ones. */
  readonly active: { readonly memory: number; readonly offset: Uint8Array } | null;
  readonly bytes: Uint8Array;
}

export const TYPE = 1;
export const IMPORT = 2;
export const FUNCTION = 3;
export const TABLE = 4;
export const MEMORY = 5;
export const GLOBAL = 6;
export const EXPORT = 7;
export const START = 8;
export const ELEMENT = 9;
export const CODE = 10;
export const DATA = 11;
export const DATA_COUNT = 12;
const TAG = 13;

type Growing<T> = { -readonly [K in keyof T]: T[K] extends readonly (infer E)[] ? E[] : T[K] };

/**
 * Reads a module.
 *
 * @throws InvalidOptionError when it is no module, or uses what cannot be moved.
 */
export function readModule(bytes: Uint8Array): WasmModule {
  try {
    return new ModuleReader(bytes).module;
  } catch (error) {
    if (!(error instanceof WireFormatError)) throw error;
    throw new InvalidOptionError("module", `bytes that break the format: ${error.message}`, WANTED);
  }
}

const WANTED = "a WebAssembly module in the binary format, version 1";

function refuse(what: string, why: string): never {
  throw new InvalidOptionError("module", what, why);
}

class ModuleReader {
  readonly module: Growing<WasmModule> = {
    types: [],
    imports: [],
    functions: [],
    importedFunctions: 0,
    tables: [],
    memories: [],
    globals: [],
    exports: [],
    start: null,
    declared: [],
    segments: [],
    elementSegments: 0,
    bodies: [],
    sections: [],
  };
  readonly #declared = new Set<number>();

  constructor(bytes: Uint8Array) {
    const reader = new ByteReader(bytes);
    const isModule = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0].every((byte, at) => bytes[at] === byte);
    if (!isModule) refuse("other bytes", WANTED);
    reader.skip(8);
    while (!reader.isAtEnd) {
      const id = reader.u8();
      const section = reader.part(reader.u32());
      this.module.sections.push({ id, body: bytes.subarray(section.at, section.end) });
      this.#readSection(id, section);
    }
    if (this.module.memories.length === 0) this.module.memories.push({ min: 0, max: 0 });
    this.module.declared.push(...[...this.#declared].sort((a, b) => a - b));
  }

  #readSection(id: number, section: ByteReader): void {
    const { module } = this;
    if (id === TAG) refuse("a module with exceptions", "one without, they cannot be moved yet");
    if (id === START) module.start = section.u32();
    if (id < TYPE || id > DATA || id === START) return;
    for (let left = section.u32(); left > 0; left--) {
      if (id === TYPE) module.types.push(readFunctionType(section));
      else if (id === IMPORT) this.#readImport(section);
      else if (id === FUNCTION) module.functions.push(section.u32());
      else if (id === TABLE) module.tables.push(readTable(section));
      else if (id === MEMORY) module.memories.push(readMemory(section));
      else if (id === GLOBAL) this.#readGlobal(section);
      else if (id === EXPORT) this.#readExport(section);
      else if (id === ELEMENT) this.#readElements(section);
      else if (id === CODE) module.bodies.push(section.part(section.u32()));
      else module.segments.push(readData(section));
    }
  }

  #readImport(section: ByteReader): void {
    const { module: own } = this;
    const [module, name] = [section.name(), section.name()];
    const start = section.at;
    const kind = section.u8();
    if (kind === 2) {
      own.memories.push(readMemory(section));
      return;
    }
    if (kind === 0) {
      own.functions.push(section.u32());
      own.importedFunctions++;
    } else if (kind === 3) {
      own.globals.push(readGlobalType(section));
    } else {
      refuse(`an import of a ${kind === 1 ? "table" : "tag"}`, "functions, globals and memories");
    }
    const written = section.bytes.subarray(start, section.at);
    own.imports.push({ module, name, kind: kind === 0 ? "function" : "global", written });
  }

  #readGlobal(section: ByteReader): void {
    this.module.globals.push(readGlobalType(section));
    this.#readConstant(section);
  }

  #readExport(section: ByteReader): void {
    const one = { name: section.name(), kind: section.u8(), index: section.u32() };
    this.module.exports.push(one);
    if (one.kind === 0) this.#declared.add(one.index);
  }

  /** Passes over a constant expression and notes the functions that it names. */
  #readConstant(section: ByteReader): Uint8Array {
    const start = section.at;
    for (const one of instructions(section)) {
      if (one.code === 0xd2) this.#declared.add(one.first);
      if (one.code === 0x0b) break;
    }
    return section.bytes.subarray(start, section.at);
  }

  #readElements(section: ByteReader): void {
    this.module.elementSegments++;
    const flags = section.u32();
    const isActive = (flags & 1) === 0;
    if (isActive && flags & 2) section.u32();
    if (isActive) this.#readConstant(section);
    // A kind or a type, left out where the segment is as old as the format.
    if ((flags & 3) !== 0) section.u8();
    for (let left = section.u32(); left > 0; left--) {
      if (flags & 4) this.#readConstant(section);
      else this.#declared.add(section.u32());
    }
  }
}

function readFunctionType(section: ByteReader): ValueType[] {
  if (section.u8() !== 0x60) {
    refuse("a module with types of objects", "function types only: collected objects do not move");
  }
  const parameters = [...section.take(section.u32())];
  section.skip(section.u32());
  return parameters;
}

function readLimits(section: ByteReader, what: string): Limits {
  const flags = section.u8();
  if (flags & 4) refuse(`a 64-bit ${what}`, "32-bit ones");
  if (flags & 2) refuse(`a shared ${what}`, "one that a single thread uses");
  if (flags & ~1) refuse(`a ${what} of an unknown form`, "one of WebAssembly 2.0");
  return { min: section.u32(), max: flags & 1 ? section.u32() : null };
}

function readMemory(section: ByteReader): Limits {
  return readLimits(section, "memory");
}

function readTable(section: ByteReader): Table {
  const type = section.u8();
  if (type !== FUNCREF) refuse("a table of other references", "tables of functions");
  return { type, ...readLimits(section, "table") };
}

function readGlobalType(section: ByteReader): Global {
  const type = section.u8();
  const isMutable = section.u8() === 1;
  const isNumber = type >= 0x7b && type <= 0x7f;
  if (isMutable && !isNumber) {
    refuse("a mutable global that holds a reference", "mutable globals of numbers and vectors");
  }
  return { type, isMutable };
}

function readData(section: ByteReader): DataSegment {
  const flags = section.u32();
  const memory = flags === 2 ? section.u32() : 0;
  let active: DataSegment["active"] = null;
  if (flags !== 1) {
    const start = section.at;
    for (const one of instructions(section)) if (one.code === 0x0b) break;
    active = { memory, offset: section.bytes.subarray(start, section.at) };
  }
  return { active, bytes: section.take(section.u32()) };
}
