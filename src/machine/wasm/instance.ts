import { WireFormatError } from "../../errors.js";
import type { Build } from "./barrier.js";
import { FAULT, functionName, GODWIT, LOAD, memoryName, SAVE, tableName } from "./instrument.js";
import { REGISTER_BYTES } from "./layout.js";
import type { WasmProgram } from "./program.js";

/** What a module imports, by module and name. */
export type ImportValues = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** What becomes of a page that is absent. */
export type Fault = (page: number) => void | Promise<void>;

/**
 * `(module (import "" "f" (func (param i32))) (func (export "f") (param i32) local.get 0 call 0))`: makes a
 * function of JavaScript one that a table takes.
 */
const BRIDGE = Uint8Array.of(
  ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 5, 1, 0x60, 1, 0x7f, 0, 2, 6, 1, 0, 1, 0x66, 0, 0],
  ...[3, 2, 1, 0, 7, 5, 1, 1, 0x66, 0, 1, 10, 8, 1, 6, 0, 0x20, 0, 0x10, 0, 0x0b],
);

interface Suspension {
  readonly Suspending?: new (fault: Fault) => WebAssembly.ImportValue;
  readonly promising?: (step: CallableFunction) => (...args: unknown[]) => Promise<unknown>;
}
const { Suspending, promising } = WebAssembly as unknown as Suspension;

/** Whether this engine can suspend a module's stack until a promise resolves (JSPI). */
export const CAN_SUSPEND: boolean = Suspending !== undefined && promising !== undefined;

/** A function that a table takes, and that calls this one. */
export function bridgeOf(fault: Fault, suspends: boolean): CallableFunction {
  const f = suspends && Suspending ? new Suspending(fault) : fault;
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(BRIDGE), { "": { f } });
  return exports["f"] as CallableFunction;
}

/** A module at work in one of its builds. Several work on one memory, one after another, never at once. */
export class WasmInstance {
  readonly build: Build;
  readonly #program: WasmProgram;
  readonly #instance: WebAssembly.Instance;
  readonly #registers: Uint8Array;

  /** An instance whose globals and tables are as at the start. */
  constructor(
    program: WasmProgram,
    build: Build,
    memories: readonly WebAssembly.Memory[],
    imports: ImportValues,
    fault: CallableFunction,
  ) {
    this.#program = program;
    this.build = build;
    const own = Object.fromEntries(memories.map((memory, index) => [memoryName(index), memory]));
    this.#instance = new WebAssembly.Instance(program.builds[build], {
      ...imports,
      [GODWIT]: own,
    } as WebAssembly.Imports);
    (this.#instance.exports[FAULT] as WebAssembly.Table).set(0, fault);
    const [first] = memories as [WebAssembly.Memory];
    const place = program.layouts[0]?.registers ?? 0;
    const count = program.survey.registers.length;
    this.#registers = new Uint8Array(first.buffer, place, count * REGISTER_BYTES);
  }

  function(name: string): CallableFunction | undefined {
    const found = this.#instance.exports[name];
    return typeof found === "function" ? found : undefined;
  }

  /** Such a function as one that answers a promise and may be suspended on the way. */
  promising(name: string): (...args: unknown[]) => Promise<unknown> {
    const make = promising as NonNullable<typeof promising>;
    return make(this.function(name) as CallableFunction);
  }

  /** The values of the globals that are part of the state, 16 bytes each. A copy. */
  saveRegisters(): Uint8Array {
    this.#registers.fill(0);
    this.function(SAVE)?.();
    return this.#registers.slice();
  }

  loadRegisters(values: Uint8Array): void {
    this.#registers.set(values);
    this.function(LOAD)?.();
  }

  /** The elements of each table as numbers of functions, plus 1; 0 is null. None where tables never change. */
  saveTables(): Uint32Array[] {
    if (!this.#program.survey.changesTables) return [];
    const numbers = new Map<unknown, number>([[null, 0]]);
    for (const index of this.#program.module.declared) {
      numbers.set(this.#instance.exports[functionName(index)], index + 1);
    }
    return this.#tables().map((table) =>
      Uint32Array.from({ length: table.length }, (_, at) => numbers.get(table.get(at)) as number),
    );
  }

  /** @throws WireFormatError when they are not elements that these tables could have. */
  loadTables(tables: readonly Uint32Array[]): void {
    this.#tables().forEach((table, index) => {
      const elements = tables[index] as Uint32Array;
      if (elements.length < table.length) throw damaged("a table is shorter than it can be");
      try {
        table.grow(elements.length - table.length);
      } catch {
        throw damaged("a table is longer than it can be");
      }
      elements.forEach((number, at) => {
        const element = number === 0 ? null : this.function(functionName(number - 1));
        if (element === undefined) throw damaged("a table holds a function that no table can");
        table.set(at, element);
      });
    });
  }

  #tables(): WebAssembly.Table[] {
    if (!this.#program.survey.changesTables) return [];
    return this.#program.module.tables.map(
      (_, index) => this.#instance.exports[tableName(index)] as WebAssembly.Table,
    );
  }
}

function damaged(what: string): WireFormatError {
  return new WireFormatError(`the state of a WebAssembly machine is damaged: ${what}`, -1);
}
