import { InvalidOptionError } from "../../errors.js";
import { type Register, registersOf } from "./appendix.js";
import { ByteReader } from "./bytes.js";
import { DATA_DROP, ELEM_DROP, I32, instructions, TABLE_WRITES } from "./instructions.js";
import type { WasmModule } from "./module.js";

/** What a module does, as far as it decides what its state is. The same at both ends of a move. */
export interface Survey {
  /** Whether its tables ever differ from what they are at the start. */
  readonly changesTables: boolean;
  /** The globals that are moved: the module's own, then those that the pass adds. */
  readonly registers: readonly Register[];
  /** Index of the global that has the size of each memory, in pages of WebAssembly. */
  readonly sizes: readonly number[];
  /** Index of the global that says whether a segment was dropped, for those that can be. */
  readonly droppedData: ReadonlyMap<number, number>;
  readonly droppedElements: ReadonlyMap<number, number>;
  /** How many globals the pass adds. */
  readonly added: number;
}

/** Names of exports that the pass adds begin so. */
export const OURS = "godwit:";

/** Looks through a module's code once. */
export function survey(module: WasmModule): Survey {
  const { exports, globals, memories } = module;
  const taken = exports.find(({ name }) => name.startsWith(OURS));
  if (taken) {
    throw new InvalidOptionError("module", `an export ${taken.name}`, `names without ${OURS}`);
  }
  const droppedData = new Map<number, number>();
  const droppedElements = new Map<number, number>();
  let next = globals.length;
  const sizes = memories.map(() => next++);
  let changesTables = false;
  for (const body of module.bodies) {
    for (const { code, first } of instructions(codeOf(body))) {
      if (TABLE_WRITES.has(code)) changesTables = true;
      const dropped =
        code === DATA_DROP ? droppedData : code === ELEM_DROP ? droppedElements : null;
      if (dropped && !dropped.has(first)) dropped.set(first, next++);
    }
  }
  const added = next - globals.length;
  const ours = Array.from({ length: added }, (_, index) => ({
    type: I32,
    global: globals.length + index,
  }));
  const registers = [...registersOf(globals), ...ours];
  return { changesTables, registers, sizes, droppedData, droppedElements, added };
}

/** A reader of the instructions of a body, past its locals. */
export function codeOf(body: ByteReader): ByteReader {
  const reader = new ByteReader(body.bytes, body.at, body.end);
  for (let groups = reader.u32(); groups > 0; groups--) {
    reader.u32();
    reader.skipNumber();
  }
  return reader;
}
