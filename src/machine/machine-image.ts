import { WireFormatError } from "../errors.js";
import { type Bytes, PAGE_SIZE, type PageCount, type PageIndex } from "../units.js";
import type { Machine, MachineConfiguration, MachineMemory } from "./machine.js";

/** A machine as it stood: what it was built from, its state, and its pages that are not zero. */
export interface MachineImage {
  readonly kind: string;
  readonly configuration: MachineConfiguration;
  readonly state: Uint8Array;
  /** Stretches [from, to) of pages, in order. */
  readonly runs: readonly (readonly [from: PageIndex, to: PageCount])[];
  /** The pages of the runs, one behind the other. */
  readonly pages: Uint8Array;
}

/** Takes a copy of a machine that stands. */
export async function takeImage(machine: Machine): Promise<MachineImage> {
  const { kind, configuration, memory } = machine;
  const state = (await machine.saveState()).slice();
  const runs: [PageIndex, PageCount][] = [];
  let count = 0;
  forEachPage(memory, (page, bytes) => {
    if (bytes.every((byte) => byte === 0)) return;
    const last = runs.at(-1);
    if (last?.[1] === page) last[1]++;
    else runs.push([page, page + 1]);
    count++;
  });
  const pages = new Uint8Array(count * PAGE_SIZE);
  let at = 0;
  for (const [from, to] of runs) {
    for (let page = from; page < to; ) {
      const bytes = memory.read(page, to);
      pages.set(bytes, at);
      at += bytes.length;
      page += bytes.length / PAGE_SIZE;
    }
  }
  return { kind, configuration, state, runs, pages };
}

function forEachPage(
  memory: MachineMemory,
  visit: (page: PageIndex, bytes: Uint8Array) => void,
): void {
  for (let page = 0; page < memory.pageCount; ) {
    const stretch = memory.read(page, memory.pageCount);
    for (let at: Bytes = 0; at < stretch.length; at += PAGE_SIZE) {
      visit(page++, stretch.subarray(at, at + PAGE_SIZE));
    }
  }
}

/**
 * Makes an empty machine of the same kind and configuration what the image is of.
 *
 * @throws WireFormatError when the image is damaged, or of a machine of another size.
 */
export async function putImage(machine: Machine, image: MachineImage): Promise<void> {
  const { runs, pages, state } = image;
  let at = 0;
  let end = 0;
  for (const [from, to] of runs) {
    const isRun = Number.isInteger(from) && Number.isInteger(to) && from >= end && to > from;
    const next = at + (to - from) * PAGE_SIZE;
    if (!isRun || to > machine.memory.pageCount || next > pages.length) {
      throw new WireFormatError(`pages ${from} to ${to} of the image are not of this machine`, at);
    }
    machine.memory.write(from, pages.subarray(at, next));
    [at, end] = [next, to];
  }
  if (at !== pages.length) throw new WireFormatError("the image has pages without a place", at);
  await machine.loadState(state);
}
