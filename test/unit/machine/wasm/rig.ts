import binaryen from "binaryen";
import { DirtyBitmap } from "../../../../src/kernel/dirty-bitmap.js";
import {
  copyOf,
  differing,
  isEqual,
  type MachineUnderTest,
} from "../../../../src/machine/conformance/subject.js";
import type { WasmApplication } from "../../../../src/machine/wasm/application.js";
import { wasmKind } from "../../../../src/machine/wasm/kind.js";
import { WasmMachine } from "../../../../src/machine/wasm/wasm-machine.js";
import { PAGE_SIZE } from "../../../../src/units.js";

/** Longer than any test. */
const ASLEEP = 1e6;

/** Assembles a module from its text. */
export function assemble(text: string): Uint8Array {
  const module = binaryen.parseText(text);
  try {
    // Without collected objects, whose types V8 of Node 20 does not know.
    module.setFeatures(binaryen.Features.All & ~binaryen.Features.GC);
    return module.emitBinary();
  } finally {
    module.dispose();
  }
}

type Tick = (steps: number) => number;

/** What the modules of these tests import; AssemblyScript's have a way to give up. */
function importsOf(tick: Tick): Record<string, Record<string, Tick>> {
  const abort = (): never => {
    throw new Error("the module gave up");
  };
  return { env: { tick, abort } };
}

/**
 * A machine that runs as many steps as it is told. Its module exports `step` and returns from it what its
 * import `env.tick` says.
 */
export class Rig {
  readonly application: WasmApplication;
  machine!: WasmMachine;
  /** Steps of the module so far, by its own count. */
  steps = 0;
  /** Steps that it may take before it falls asleep. */
  #left = Number.POSITIVE_INFINITY;
  #done: () => void = () => {};

  constructor(module: Uint8Array, options: Partial<WasmApplication> = {}) {
    this.application = {
      module,
      step: "step",
      memoryLimitBytes: 2 ** 20,
      imports: () => importsOf((steps) => this.#tick(steps)),
      ...options,
    };
  }

  static async create(module: Uint8Array, options: Partial<WasmApplication> = {}): Promise<Rig> {
    const rig = new Rig(module, options);
    rig.machine = await WasmMachine.create(rig.application);
    return rig;
  }

  /** The same application, with a count of its own and no machine yet. */
  sibling(): Rig {
    const rig = new Rig(this.application.module, {
      ...this.application,
      imports: () => importsOf((steps) => rig.#tick(steps)),
    });
    return rig;
  }

  /** An empty machine of the same application, as a target builds it. */
  async twin(): Promise<Rig> {
    const rig = this.sibling();
    const kind = wasmKind(rig.application);
    const limits = { memoryBytes: 2 ** 32 };
    rig.machine = (await kind.build(this.machine.configuration, limits)) as WasmMachine;
    return rig;
  }

  async run(steps: number): Promise<void> {
    this.#left = steps;
    const done = new Promise<void>((resolve) => {
      this.#done = resolve;
    });
    await this.machine.resume();
    const end = await Promise.race([done, this.machine.ended]);
    await this.machine.pause();
    if (end?.trap) throw end.trap;
  }

  #tick(steps: number): number {
    this.steps = steps;
    if (--this.#left > 0) return 0;
    this.#done();
    return ASLEEP;
  }
}

/** Runs a module as it is, without a machine; its memories afterwards. */
export function runPlainly(bytes: Uint8Array, steps: number): Uint8Array[] {
  const module = new WebAssembly.Module(bytes.slice());
  const { exports } = new WebAssembly.Instance(
    module,
    importsOf(() => 0),
  );
  const step = exports["step"] as () => number;
  for (let left = steps; left > 0; left--) step();
  return Object.values(exports)
    .filter((one) => one instanceof WebAssembly.Memory)
    .map((memory) => new Uint8Array(memory.buffer));
}

/** Whether a machine's memory is what so many steps of its module make it, by itself. */
export function isAsAfter({ machine, application }: Rig, steps: number): boolean {
  const contents = copyOf(machine);
  const sizes = machine.configuration["memoryBytes"] as number[];
  let at = 0;
  return runPlainly(application.module, steps).every((bytes, index) => {
    const part = contents.subarray(at, at + (sizes[index] as number));
    at += part.length;
    const isSame = isEqual(part.subarray(0, bytes.length), bytes);
    return isSame && part.subarray(bytes.length).every((byte) => byte === 0);
  });
}

/** A machine whose guest is intact if its memory is what its module makes of it by itself. */
export function underTest(rig: Rig): MachineUnderTest {
  return {
    machine: rig.machine,
    progress: () => rig.steps,
    isIntact: () => isAsAfter(rig, rig.steps),
    makeEmpty: async () => underTest(await rig.twin()),
  };
}

/** Runs with the log on, and answers the pages that it missed; `spared` counts the pages that it left out. */
export async function missedByLog(
  rig: Rig,
  rounds: number,
  steps: number,
): Promise<{ missed: number[]; spared: number }> {
  const { machine } = rig;
  const missed: number[] = [];
  let spared = 0;
  machine.startLog();
  for (let round = 0; round < rounds; round++) {
    const before = copyOf(machine);
    await rig.run(steps);
    const log = new DirtyBitmap(machine.memory.pageCount);
    machine.harvest(log);
    missed.push(...differing(before, copyOf(machine)).filter((page) => !log.has(page)));
    spared += log.pageCount - log.count();
  }
  machine.stopLog();
  return { missed, spared };
}

/** What became of a machine whose memory followed it page by page. */
export interface Pulled {
  /** Pages that never were asked for. */
  readonly absent: DirtyBitmap;
  readonly source: Rig;
  readonly target: Rig;
  readonly faults: number;
}

/**
 * Moves a machine's state alone, with its memory poisoned where it has not arrived, then runs both it and
 * the one that it came from for as many steps.
 */
export async function pull(source: Rig, steps: number): Promise<Pulled> {
  const target = await source.twin();
  const { memory } = target.machine;
  const absent = new DirtyBitmap(memory.pageCount);
  absent.markAll();
  for (let page = 0; page < memory.pageCount; page++) {
    memory.write(page, new Uint8Array(PAGE_SIZE).fill(0xcc));
  }
  const frozen = copyOf(source.machine);
  let faults = 0;
  target.machine.expectPages(absent, {
    fetchNow: (page) => {
      faults++;
      memory.write(page, frozen.subarray(page * PAGE_SIZE, (page + 1) * PAGE_SIZE));
      absent.clear(page);
    },
    fetch: () => Promise.reject(new Error("this machine blocks")),
  });
  await target.machine.loadState(await source.machine.saveState());
  await target.run(steps);
  await source.run(steps);
  return { absent, source, target, faults };
}

/** Pages of the target that are not what they must be: like the source's, or, if never asked for, poison. */
export function wronglyPulled({ absent, source, target }: Pulled): number[] {
  const expected = copyOf(source.machine);
  for (const page of absent.list()) {
    expected.fill(0xcc, page * PAGE_SIZE, (page + 1) * PAGE_SIZE);
  }
  return differing(expected, copyOf(target.machine));
}
