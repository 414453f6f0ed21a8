import { InvalidOptionError } from "../errors.js";
import type { Crew } from "../kernel/crew.js";
import type { DirtyBitmap } from "../kernel/dirty-bitmap.js";
import { WriteGenerator } from "../kernel/write-generator.js";
import { PageStore } from "../memory/byte-memory.js";
import type { RecordedTrace } from "../memory/recorded-trace.js";
import type { MachineSpec } from "../scenario/scenario.js";
import { PAGE_SIZE, type PageCount, type PageIndex } from "../units.js";
import { occupiedRanges, type PageRange } from "../workload/occupied.js";
import type { Random } from "../world/random.js";
import { generateContents } from "./generated-contents.js";

/** How a scenario's files are read; in a browser the caller brings them. */
export interface ContentsFiles {
  /** A recorded trace by its folder. */
  readTrace(folder: string): Promise<RecordedTrace>;
  /** A raw memory image in pieces of whole pages. */
  readImage(path: string): AsyncIterable<Uint8Array>;
}

/** The guest's memory at the start. */
export interface Contents {
  readonly store: PageStore | null;
  readonly trace: RecordedTrace | undefined;
  readonly markZeroPages: ((zero: DirtyBitmap) => void) | undefined;
}

const NO_TRACE = { trace: undefined, markZeroPages: undefined };

/** Loads or makes what a scenario asks for. */
export async function createContents(
  spec: MachineSpec,
  random: Random,
  files: ContentsFiles,
  crew: Crew,
): Promise<Contents> {
  const { contents } = spec;
  const markZeroPages = zeroPagesOf(spec, random);
  switch (contents.kind) {
    case "statistical":
      return { store: null, trace: undefined, markZeroPages };
    case "generated":
      return {
        ...NO_TRACE,
        store: generateContents(
          { ...spec, pageCount: spec.memoryPages, markZeroPages, crew },
          random,
        ),
      };
    case "image": {
      const store = new PageStore(spec.memoryPages, crew);
      let page = 0;
      for await (const piece of files.readImage(contents.path)) {
        store.write(page, piece);
        page += piece.length / PAGE_SIZE;
      }
      return { ...NO_TRACE, store };
    }
    case "trace": {
      const trace = await files.readTrace(contents.folder);
      const store = new PageStore(trace.pageCount, crew);
      store.write(0, trace.base);
      return { store, trace, markZeroPages: undefined };
    }
  }
}

/** Draws which pages are zero: none of a working set, so the others bear the whole share. */
export function zeroPagesOf(
  spec: Pick<MachineSpec, "zeroShare" | "workload" | "memoryPages">,
  random: Random,
): ((zero: DirtyBitmap) => void) | undefined {
  if (spec.zeroShare <= 0) return undefined;
  const free = freeRanges(occupiedRanges(spec.workload), spec.memoryPages);
  const freePages = free.reduce((sum, { from, to }) => sum + to - from, 0);
  const probability = (spec.zeroShare * spec.memoryPages) / freePages;
  if (!(probability <= 1)) {
    const most = (freePages / spec.memoryPages) * 100;
    throw new InvalidOptionError(
      "zero",
      `${spec.zeroShare * 100}%`,
      `at most ${most.toFixed(1)}%: the rest of memory is the workload's working set`,
    );
  }
  const generator = new WriteGenerator();
  const { state } = random.fork("zero pages");
  return (zero) => {
    for (const { from, to } of free) generator.drawDirtySet(zero, from, to, probability, state);
  };
}

function freeRanges(occupied: readonly PageRange[], pageCount: PageCount): PageRange[] {
  const free: PageRange[] = [];
  let from: PageIndex = 0;
  for (const range of occupied) {
    if (range.from > from) free.push({ from, to: range.from });
    from = Math.max(from, range.to);
  }
  if (from < pageCount) free.push({ from, to: pageCount });
  return free;
}
