import { InvalidOptionError } from "../../errors.js";
import type { Bytes } from "../../units.js";
import type { ImportValues } from "./instance.js";
import type { ModuleMemory } from "./module-memory.js";
import type { WasmProgram } from "./program.js";

/**
 * A WebAssembly module that runs in steps. Both ends of a move need it: what a machine carries along are
 * its memories, mutable globals and tables, not its code.
 */
export interface WasmApplication {
  /**
   * The module, in the binary format. Mutable globals and memories need not be exported. Refused are modules
   * with exceptions, collected objects, 64-bit or shared memories, imported tables, tables of other references
   * than functions, and mutable globals that hold references.
   */
  readonly module: Uint8Array;
  /**
   * Name of the exported function, without parameters, that is called again and again. What it returns says
   * what follows: nothing or 0, the next call; a positive number, the next call after so many milliseconds;
   * a negative one, no more calls. A machine is only ever moved between two calls, so they should be short:
   * well below a millisecond is best.
   */
  readonly step: string;
  /** Name of an exported function, without parameters, that is called once, before the first step. */
  readonly init?: string;
  /**
   * What the module imports, made once for a machine. What its functions remember does not move. They read
   * and write the module's memory only by what they are given here.
   */
  readonly imports?: (memory: ModuleMemory) => ImportValues;
  /**
   * Bytes that the module's memory may grow to, in whole 65536; a list says it of each of several memories.
   * Default: what the module declares, or 256 MiB if that is more or it declares nothing.
   */
  readonly memoryLimitBytes?: Bytes | readonly Bytes[];
  /**
   * How written pages are found: `"exact"`, by marks that the module's stores leave while they are logged; or
   * `"compare"`, by the digests of all pages, which costs the module nothing and each round a look at all of
   * its memory. Default `"exact"`.
   */
  readonly log?: "exact" | "compare";
  /**
   * How the target of a post-copy move waits for a page: `"blocking"` the thread, or `"suspending"` the
   * module's stack only, where the engine can (JSPI); null: not at all, so such moves are refused. Default
   * `"blocking"`.
   */
  readonly demand?: "blocking" | "suspending" | null;
}

/** Checks that a program is what the application says of it. */
export function checkApplication(
  { step, init, demand, log = "exact" }: WasmApplication,
  { module }: WasmProgram,
): void {
  for (const [option, name] of [
    ["step", step],
    ["init", init],
  ] as const) {
    if (name === undefined && option === "init") continue;
    const found = module.exports.find((one) => one.name === name && one.kind === 0);
    const type = found && module.functions[found.index];
    if (type === undefined || module.types[type]?.length !== 0) {
      throw new InvalidOptionError(option, name, "name of an exported function without parameters");
    }
  }
  if (!["exact", "compare"].includes(log)) {
    throw new InvalidOptionError("log", log, "exact or compare");
  }
  if (![undefined, null, "blocking", "suspending"].includes(demand)) {
    throw new InvalidOptionError("demand", demand, "blocking, suspending or null");
  }
}

/** Checks that everything which the module imports is there. */
export function checkImports(values: ImportValues, { module }: WasmProgram): void {
  for (const { module: from, name, kind } of module.imports) {
    const value = values[from]?.[name];
    const isThere =
      kind === "function"
        ? typeof value === "function"
        : ["number", "bigint"].includes(typeof value) || value instanceof WebAssembly.Global;
    if (!isThere) {
      throw new InvalidOptionError(`imports.${from}.${name}`, value, `a ${kind} for the module`);
    }
  }
}
