import { DirtyBitmap } from "../../kernel/dirty-bitmap.js";
import { PAGE_SIZE, type PageIndex } from "../../units.js";
import type { Machine, PageSource } from "../machine.js";
import {
  type ConformanceCase,
  caseOf,
  copyOf,
  hold,
  isEqual,
  type MachineUnderTest,
  moment,
  pageIn,
  withEmpty,
  work,
} from "./subject.js";

const POISON = 0xcc;
const SOME_PAGES = 512;

/** Running before all pages are there. */
export function demandCases(make: () => Promise<MachineUnderTest>): ConformanceCase[] {
  return [
    caseOf(make, "it runs before its pages are there, and uses none without asking", (subject) =>
      runsOnDemand(subject, false),
    ),
    caseOf(make, "it can be logged and stopped while pages are absent", (subject) =>
      runsOnDemand(subject, true),
    ),
    caseOf(make, "where it cannot wait for pages it says so", async ({ machine }) => {
      if (machine.demand !== null) return;
      const absent = new DirtyBitmap(machine.memory.pageCount);
      absent.mark(0);
      let isRefused = false;
      try {
        machine.expectPages(absent, new CopySource(machine, copyOf(machine), absent));
      } catch {
        isRefused = true;
      }
      hold(isRefused, "absent pages are refused");
      machine.expectPages(null);
    }),
  ];
}

/** Pages from a copy of the source's memory. */
class CopySource implements PageSource {
  fetched = 0;
  readonly #target: Machine;
  readonly #copy: Uint8Array;
  readonly #absent: DirtyBitmap;

  constructor(target: Machine, copy: Uint8Array, absent: DirtyBitmap) {
    this.#target = target;
    this.#copy = copy;
    this.#absent = absent;
  }

  fetchNow(page: PageIndex): void {
    hold(this.#absent.has(page), `page ${page} is asked for although it is there`);
    this.fetched++;
    this.store(page);
  }

  async fetch(page: PageIndex): Promise<void> {
    hold(this.#absent.has(page), `page ${page} is asked for although it is there`);
    await moment(0);
    this.fetched++;
    // It may have come by itself meanwhile.
    if (this.#absent.has(page)) this.store(page);
  }

  store(page: PageIndex): void {
    this.#target.memory.write(page, pageIn(this.#copy, page));
    this.#absent.clear(page);
  }
}

async function runsOnDemand(subject: MachineUnderTest, isLogged: boolean): Promise<void> {
  if (subject.machine.demand === null) return;
  await work(subject);
  await subject.machine.pause();
  const copy = copyOf(subject.machine);
  const state = await subject.machine.saveState();
  await withEmpty(subject, async (target) => {
    const { machine } = target;
    const { pageCount } = machine.memory;
    machine.memory.write(0, new Uint8Array(copy.length).fill(POISON));
    const absent = new DirtyBitmap(pageCount);
    absent.markAll();
    const source = new CopySource(machine, copy, absent);
    await machine.loadState(state);
    machine.expectPages(absent, source);
    const written = new DirtyBitmap(pageCount);
    if (isLogged) machine.startLog();
    const from = subject.progress();
    while (target.progress() <= from) await work(target);
    if (isLogged) {
      await machine.pause();
      machine.harvest(written);
      await work(target);
    }
    await machine.pause();
    if (isLogged) machine.harvest(written);
    hold(source.fetched > 0, "pages were asked for");
    checkPages(machine, copy, absent, isLogged ? written : null);
    await bringTheRest(target, source, absent);
    hold(target.isIntact(), "the guest is intact");
  });
}

/** Absent pages are as they were, and those that came are as they came unless the guest wrote to them. */
function checkPages(
  machine: Machine,
  copy: Uint8Array,
  absent: DirtyBitmap,
  written: DirtyBitmap | null,
): void {
  const poison = new Uint8Array(PAGE_SIZE).fill(POISON);
  for (let page = 0; page < machine.memory.pageCount; page++) {
    const bytes = machine.memory.read(page, page + 1);
    if (absent.has(page)) {
      hold(isEqual(bytes, poison), `page ${page} was written although it is absent`);
    } else if (written && !written.has(page)) {
      hold(isEqual(bytes, pageIn(copy, page)), `page ${page} was written, and not logged`);
    }
  }
}

async function bringTheRest(
  target: MachineUnderTest,
  source: CopySource,
  absent: DirtyBitmap,
): Promise<void> {
  const { machine } = target;
  await machine.resume();
  for (let page = absent.next(); page !== undefined; page = absent.next()) {
    for (const one of absent.list(page, absent.pageCount, SOME_PAGES)) source.store(one);
    await moment(1);
  }
  machine.expectPages(null);
  const { fetched } = source;
  await work(target);
  await work(target);
  hold(source.fetched === fetched, "when all pages are there none is asked for");
  await machine.pause();
}
