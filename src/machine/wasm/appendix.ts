import { Assembler } from "./assembler.js";
import { ABSENT, type Build, DIRTY } from "./barrier.js";
import { ByteWriter } from "./bytes.js";
import { I32, type ValueType } from "./instructions.js";
import { type MemoryLayout, REGISTER_BYTES, WASM_PAGE } from "./layout.js";
import type { Global, WasmModule } from "./module.js";

/** Functions that a build adds behind those of the module. */
export class Appendix {
  readonly types: Uint8Array[] = [];
  /** Index of the type of each function, and its body. */
  readonly functions: { readonly type: number; readonly body: Uint8Array }[] = [];
  readonly #firstType: number;
  readonly #firstFunction: number;
  readonly #typeOf = new Map<string, number>();
  readonly #indexOf = new Map<string, number>();

  constructor({ types, functions }: WasmModule) {
    this.#firstType = types.length;
    this.#firstFunction = functions.length;
  }

  type(parameters: number, results: number): number {
    const key = `${parameters} ${results}`;
    const known = this.#typeOf.get(key);
    if (known !== undefined) return known;
    const written = new ByteWriter().u8(0x60);
    for (const count of [parameters, results]) {
      written.counted(new Uint8Array(count).fill(I32));
    }
    const index = this.#firstType + this.types.push(written.written) - 1;
    this.#typeOf.set(key, index);
    return index;
  }

  /**
   * Index of a function of 32-bit parameters, locals and results; `write` writes it the first time.
   */
  index(
    name: string,
    [parameters, locals, results]: readonly [number, number, number],
    write: (code: Assembler) => void,
  ): number {
    const known = this.#indexOf.get(name);
    if (known !== undefined) return known;
    const code = new Assembler();
    if (locals > 0) code.u8(1).u32(locals).u8(I32);
    else code.u8(0);
    write(code);
    const body = code.end().written;
    const type = this.type(parameters, results);
    const index = this.#firstFunction + this.functions.push({ type, body }) - 1;
    this.#indexOf.set(name, index);
    return index;
  }
}

/** Grows a memory: its size is a global, its bytes are there already. */
export function writeGrow(code: Assembler, { limit }: MemoryLayout, size: number): void {
  code.getLocal(0).i32(limit).getGlobal(size).op("sub", "gt_u").when(I32).i32(-1).otherwise();
  code.getGlobal(size).getGlobal(size).getLocal(0).op("add").setGlobal(size).end();
}

/** What the functions over ranges of a memory need to know. */
export interface Range {
  readonly layout: MemoryLayout;
  readonly memory: number;
  readonly build: Build;
  readonly isWrite: boolean;
  /** Type of the function in the last table that brings a page, and that table. */
  readonly fault: { readonly type: number; readonly table: number };
}

/**
 * Takes an address and a length: brings what is absent of it, if this build does, and marks it, if it is
 * written. What is outside of memory is left to the access, which traps.
 */
export function writeTouch(
  code: Assembler,
  { layout, memory, build, isWrite, fault }: Range,
): void {
  const bytes = layout.limit * WASM_PAGE;
  const [address, length, page, last] = [0, 1, 2, 3];
  code.getLocal(length).op("eqz").when().leave().end();
  code.getLocal(length).i32(bytes).op("gt_u").when().leave().end();
  code.getLocal(address).i32(bytes).getLocal(length).op("sub", "gt_u").when().leave().end();
  code.getLocal(address).i32(12).op("shr_u").setLocal(page);
  code.getLocal(address).getLocal(length).op("add").i32(1).op("sub").i32(12).op("shr_u");
  code.setLocal(last).loop();
  if (build === "demand") {
    code.getLocal(page).loadByte(memory, layout.map).i32(ABSENT).op("and").when();
    code.getLocal(page).i32(layout.firstPage).op("add");
    code.i32(0).u8(0x11).u32(fault.type).u32(fault.table).end();
  }
  if (isWrite) code.getLocal(page).i32(DIRTY).storeByte(memory, layout.map);
  code.getLocal(page).getLocal(last).op("lt_u").when();
  code.getLocal(page).i32(1).op("add").setLocal(page).branch(1).end().end();
}

/** Puts the values of globals into their places, or takes them from there. */
export function writeRegisters(
  code: Assembler,
  registers: readonly Register[],
  place: number,
  isSave: boolean,
): void {
  registers.forEach(({ type, global }, index) => {
    code.i32(place + index * REGISTER_BYTES);
    if (isSave) code.getGlobal(global).move(type, true, 0, 0);
    else code.move(type, false, 0, 0).setGlobal(global);
  });
}

/** A mutable global and its type. */
export interface Register {
  readonly type: ValueType;
  readonly global: number;
}

/** The globals that are part of the state. */
export function registersOf(globals: readonly Global[]): Register[] {
  return globals.flatMap(({ type, isMutable }, global) => (isMutable ? [{ type, global }] : []));
}
