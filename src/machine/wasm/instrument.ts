import { Appendix, writeRegisters } from "./appendix.js";
import type { Assembler } from "./assembler.js";
import type { Build } from "./barrier.js";
import { ByteWriter } from "./bytes.js";
import { FUNCREF, I32 } from "./instructions.js";
import type { MemoryLayout } from "./layout.js";
import {
  CODE,
  DATA,
  DATA_COUNT,
  ELEMENT,
  EXPORT,
  FUNCTION,
  GLOBAL,
  IMPORT,
  TABLE,
  TYPE,
  type WasmModule,
} from "./module.js";
import { type Body, Rewriter } from "./rewrite.js";
import { OURS, type Survey } from "./survey.js";

/** Names of what a build exports besides what the module does. */
export const SAVE: string = `${OURS}save`;
export const LOAD: string = `${OURS}load`;
/** Copies active data segments to their places, once in the life of a machine. */
export const INITIAL_DATA: string = `${OURS}data`;
export const START_FUNCTION: string = `${OURS}start`;
/** A table whose element 0 is the function that brings a page. */
export const FAULT: string = `${OURS}fault`;
export const tableName = (index: number): string => `${OURS}table${index}`;
export const functionName = (index: number): string => `${OURS}function${index}`;
export const memoryName = (index: number): string => `memory${index}`;
/** Module of the imports that the machine gives. */
export const GODWIT = "godwit";

const CUSTOM = 0;
const HEADER = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);

/**
 * A build of a module: its memories are imports, what is part of its state is exported, its active data and
 * its start function wait to be called, and its accesses have the barriers of the build. Functions, globals,
 * tables, memories and segments keep their numbers: whatever is added comes behind.
 */
export function instrument(
  module: WasmModule,
  found: Survey,
  layouts: readonly MemoryLayout[],
  build: Build,
): Uint8Array<ArrayBuffer> {
  const appendix = new Appendix(module);
  const rewriter = new Rewriter(module, found, layouts, build, appendix);
  const bodies = module.bodies.map((_, index) => rewriter.body(index));
  const exports = new ByteWriter();
  const count = writeExports(exports, module, found, layouts, appendix);
  const sections = new Map<number, Uint8Array>();
  const put = (id: number, items: number, write: (out: ByteWriter) => void): void => {
    const out = new ByteWriter().u32(items);
    write(out);
    sections.set(id, out.written);
  };
  const own = (id: number): Uint8Array => ownItems(module, id);
  const { types, functions } = appendix;
  put(TYPE, module.types.length + types.length, (out) => {
    out.raw(own(TYPE));
    for (const type of types) out.raw(type);
  });
  put(IMPORT, module.imports.length + layouts.length, (out) => writeImports(out, module, layouts));
  put(FUNCTION, module.bodies.length + functions.length, (out) => {
    out.raw(own(FUNCTION));
    for (const { type } of functions) out.u32(type);
  });
  put(TABLE, module.tables.length + 1, (out) => out.raw(own(TABLE)).u8(FUNCREF, 1, 1, 1));
  const globals = module.globals.length - importedGlobals(module) + found.added;
  put(GLOBAL, globals, (out) => {
    out.raw(own(GLOBAL));
    for (let left = 0; left < found.added; left++) {
      const initial = layouts[left]?.min ?? 0;
      out.u8(I32, 1, 0x41).s32(initial).u8(0x0b);
    }
  });
  put(EXPORT, count, (out) => out.raw(exports.written));
  put(ELEMENT, module.elementSegments, (out) => out.raw(own(ELEMENT)));
  sections.set(DATA_COUNT, new ByteWriter().u32(module.segments.length).written);
  put(CODE, bodies.length + functions.length, (out) => {
    for (const { bytes } of bodies) out.counted(bytes);
    for (const { body } of functions) out.counted(body);
  });
  put(DATA, module.segments.length, (out) => {
    for (const { bytes } of module.segments) out.u8(1).counted(bytes);
  });
  return join(sections, module, writeHints(module, bodies));
}

/** In the order that the format wants, with the names of functions, so that traces can be read. */
function join(
  sections: ReadonlyMap<number, Uint8Array>,
  module: WasmModule,
  hints: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const out = new ByteWriter().raw(HEADER);
  const order = [TYPE, IMPORT, FUNCTION, TABLE, GLOBAL, EXPORT, ELEMENT, DATA_COUNT, CODE, DATA];
  for (const id of order) {
    if (id === CODE) out.u8(CUSTOM).counted(hints);
    out.u8(id).counted(sections.get(id) as Uint8Array);
  }
  for (const { id, body } of module.sections) {
    const isNames = id === CUSTOM && new TextDecoder().decode(body.subarray(1, 5)) === "name";
    if (isNames) out.u8(CUSTOM).counted(body);
  }
  return out.written.slice();
}

/**
 * Tells engines that know it (the proposal "branch hinting") which branches are hardly ever taken: they then keep
 * values in registers over the calls that bring pages, which makes waiting for pages cheap where none is absent.
 */
function writeHints({ importedFunctions }: WasmModule, bodies: readonly Body[]): Uint8Array {
  const hinted = [...bodies.entries()].filter(([, { unlikelyAt }]) => unlikelyAt.length > 0);
  const out = new ByteWriter().name("metadata.code.branch_hint").u32(hinted.length);
  for (const [index, { unlikelyAt }] of hinted) {
    out.u32(importedFunctions + index).u32(unlikelyAt.length);
    for (const at of unlikelyAt) out.u32(at).u8(1, 0);
  }
  return out.written;
}

/** The items of a section as the module has them, without their count. */
function ownItems(module: WasmModule, wanted: number): Uint8Array {
  const body = module.sections.find(({ id }) => id === wanted)?.body;
  if (!body) return new Uint8Array();
  const countEnds = body.findIndex((byte) => byte < 128);
  return body.subarray(countEnds + 1);
}

function importedGlobals({ imports }: WasmModule): number {
  return imports.filter(({ kind }) => kind === "global").length;
}

function writeImports(out: ByteWriter, module: WasmModule, layouts: readonly MemoryLayout[]): void {
  for (const one of module.imports) out.name(one.module).name(one.name).raw(one.written);
  layouts.forEach(({ wasmPages }, index) => {
    out.name(GODWIT).name(memoryName(index)).u8(2, 1).u32(wasmPages).u32(wasmPages);
  });
}

/** Writes the exports and the functions among them that are ours; how many exports there are. */
function writeExports(
  out: ByteWriter,
  module: WasmModule,
  { registers }: Survey,
  layouts: readonly MemoryLayout[],
  appendix: Appendix,
): number {
  let count = 0;
  const put = (name: string, kind: number, index: number): void => {
    out.name(name).u8(kind).u32(index);
    count++;
  };
  const add = (name: string, write: (code: Assembler) => void): void =>
    put(name, 0, appendix.index(name, [0, 0, 0], write));
  for (const { name, kind, index } of module.exports) put(name, kind, index);
  const place = layouts[0]?.registers ?? 0;
  add(SAVE, (code) => writeRegisters(code, registers, place, true));
  add(LOAD, (code) => writeRegisters(code, registers, place, false));
  add(INITIAL_DATA, (code) => writeInitialData(code, module));
  if (module.start !== null) put(START_FUNCTION, 0, module.start);
  module.tables.forEach((_, index) => {
    put(tableName(index), 1, index);
  });
  put(FAULT, 1, module.tables.length);
  for (const index of module.declared) put(functionName(index), 0, index);
  return count;
}

/** Copies each active segment to its place, as starting the module did. */
function writeInitialData(code: Assembler, { segments }: WasmModule): void {
  segments.forEach(({ active, bytes }, index) => {
    if (!active) return;
    // The expression's own end is left out.
    code.raw(active.offset.subarray(0, -1)).i32(0).i32(bytes.length);
    code.u8(0xfc).u32(8).u32(index).u32(active.memory);
  });
}
