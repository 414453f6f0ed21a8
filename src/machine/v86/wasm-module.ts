import { join, unsigned, WasmReader } from "./wasm-bytes.js";

/** Kinds of sections, by their number in the binary format. */
export const SECTION = {
  custom: 0,
  type: 1,
  import: 2,
  function: 3,
  global: 6,
  export: 7,
  code: 10,
} as const;

/** Kinds of what a module imports and exports. */
export const EXTERNAL = { function: 0, table: 1, memory: 2, global: 3, tag: 4 } as const;

/** The value type of 32-bit integers. */
export const I32 = 0x7f;

/** A function's type. */
export interface FunctionType {
  readonly parameters: readonly number[];
  readonly results: readonly number[];
}

interface Section {
  readonly id: number;
  readonly body: Uint8Array;
}

/**
 * The parts of a WebAssembly module that matter to who adds functions to it. Everything else is kept as it
 * is: sections are only ever appended to, so no index changes.
 */
export class WasmModule {
  readonly types: readonly FunctionType[];
  /** Names of imported functions, by their index. */
  readonly importedFunctions: readonly string[];
  /** Indices of exported functions, by name. */
  readonly exportedFunctions: ReadonlyMap<string, number>;
  readonly globalCount: number;
  /** Types of all functions, imported ones first. */
  readonly #functionTypes: readonly number[];
  /** Bodies of the functions that are not imported. */
  readonly #bodies: readonly Uint8Array[];
  readonly #head: Uint8Array;
  readonly #sections: readonly Section[];

  /** @throws WireFormatError when the bytes are not a module. */
  constructor(bytes: Uint8Array) {
    const reader = new WasmReader(bytes);
    this.#head = reader.take(8);
    if (this.#head.join() !== "0,97,115,109,1,0,0,0") reader.fail("has no head of version 1");
    const sections: Section[] = [];
    while (!reader.isAtEnd) {
      sections.push({ id: reader.u8(), body: reader.take(reader.u32()) });
    }
    this.#sections = sections;
    this.types = this.#list(SECTION.type, readType);
    const imports = this.#list(SECTION.import, readImport).filter((one) => one !== null);
    this.importedFunctions = imports.map(({ name }) => name);
    const own = this.#list(SECTION.function, (section) => section.u32());
    this.#functionTypes = [...imports.map(({ type }) => type), ...own];
    this.#bodies = this.#list(SECTION.code, (section) => section.take(section.u32()));
    // Counted only: what a global starts from is an expression, which nobody here needs.
    this.globalCount = this.#reader(SECTION.global)?.u32() ?? 0;
    this.exportedFunctions = new Map(
      this.#list(SECTION.export, readExport)
        .filter(({ kind }) => kind === EXTERNAL.function)
        .map(({ name, index }) => [name, index]),
    );
    if (this.#bodies.length !== own.length) reader.fail("has functions without a body");
  }

  get functionCount(): number {
    return this.#functionTypes.length;
  }

  /** The type of a function; null when there is none of that index. */
  typeOf(index: number): FunctionType | null {
    return this.types[this.#functionTypes[index] ?? -1] ?? null;
  }

  /** Locals and instructions of a function that is not imported. */
  bodyOf(index: number): Uint8Array | null {
    return this.#bodies[index - this.importedFunctions.length] ?? null;
  }

  /**
   * The module with `body` in the place of a function, whose own body becomes that of a new function at the
   * end, of the index {@link functionCount}; and with zeroed mutable 32-bit globals, exported by their names.
   */
  wrap(index: number, body: Uint8Array, globals: readonly string[]): Uint8Array<ArrayBuffer> {
    const own = index - this.importedFunctions.length;
    const moved = this.#bodies[own] as Uint8Array;
    const bodies = this.#bodies.with(own, body).concat(moved);
    const mutableZero = [I32, 1, 0x41, 0, 0x0b];
    const exported = globals.map((name, at) => {
      const text = new TextEncoder().encode(name);
      const number = unsigned(this.globalCount + at);
      return [...unsigned(text.length), ...text, EXTERNAL.global, ...number];
    });
    const parts = this.#sections
      .filter(({ id }) => id !== SECTION.custom)
      .map(({ id, body: old }) => {
        switch (id) {
          case SECTION.function:
            return section(id, appended(old, [unsigned(this.#functionTypes[index] as number)]));
          case SECTION.global:
            return section(
              id,
              appended(
                old,
                globals.map(() => mutableZero),
              ),
            );
          case SECTION.export:
            return section(id, appended(old, exported));
          case SECTION.code:
            return section(id, join([unsigned(bodies.length), ...bodies.flatMap(sized)]));
          default:
            return section(id, old);
        }
      });
    return join([this.#head, ...parts]) as Uint8Array<ArrayBuffer>;
  }

  #reader(id: number): WasmReader | null {
    const found = this.#sections.find((one) => one.id === id);
    return found ? new WasmReader(found.body) : null;
  }

  #list<Item>(id: number, read: (section: WasmReader) => Item): Item[] {
    const reader = this.#reader(id);
    return reader ? reader.list(() => read(reader)) : [];
  }
}

function readType(section: WasmReader): FunctionType {
  if (section.u8() !== 0x60) section.fail("has a type that is not a function's");
  return {
    parameters: section.list(() => section.u8()),
    results: section.list(() => section.u8()),
  };
}

/** A function's name and type; null for anything else. */
function readImport(section: WasmReader): { name: string; type: number } | null {
  section.name();
  const name = section.name();
  const kind = section.u8();
  if (kind === EXTERNAL.function) return { name, type: section.u32() };
  if (kind === EXTERNAL.global) section.take(2);
  else {
    if (kind === EXTERNAL.table) section.u8();
    const hasMaximum = section.u32() & 1;
    section.u32();
    if (hasMaximum) section.u32();
  }
  return null;
}

function readExport(section: WasmReader): { name: string; kind: number; index: number } {
  return { name: section.name(), kind: section.u8(), index: section.u32() };
}

/** A list's section with more items at its end. */
function appended(body: Uint8Array, items: readonly (readonly number[])[]): Uint8Array {
  const reader = new WasmReader(body);
  const count = reader.u32();
  return join([unsigned(count + items.length), body.subarray(reader.at), ...items]);
}

function section(id: number, body: Uint8Array): Uint8Array {
  return join([[id], unsigned(body.length), body]);
}

function sized(body: Uint8Array): (Uint8Array | number[])[] {
  return [unsigned(body.length), body];
}
