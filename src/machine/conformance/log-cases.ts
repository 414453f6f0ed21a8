import { DirtyBitmap } from "../../kernel/dirty-bitmap.js";
import {
  type ConformanceCase,
  caseOf,
  copyOf,
  differing,
  hold,
  type MachineUnderTest,
  moment,
  work,
} from "./subject.js";

const ROUNDS = 10;

/** The dirty log. */
export function logCases(make: () => Promise<MachineUnderTest>): ConformanceCase[] {
  return [
    caseOf(make, "the log misses no page that changed", async (subject) => {
      const { missed, changed } = await compareLog(subject, ROUNDS);
      hold(changed > 0, "the guest writes to its memory, or nothing is tested");
      hold(missed.length === 0, `pages changed that were not logged: ${missed.join(" ")}`);
      hold(subject.isIntact(), "the guest is intact while it is logged");
    }),
    caseOf(make, "a harvest forgets, and so does the start of a log", async (subject) => {
      const { machine } = subject;
      const found = new DirtyBitmap(machine.memory.pageCount);
      machine.startLog();
      await work(subject);
      await machine.pause();
      machine.harvest(found);
      hold(found.count() > 0, "what the guest wrote is found");
      const again = new DirtyBitmap(machine.memory.pageCount);
      machine.harvest(again);
      hold(again.count() === 0, "what was harvested is not found again");
      await work(subject);
      await machine.pause();
      machine.stopLog();
      machine.startLog();
      machine.harvest(again);
      hold(again.count() === 0, "what was written before the log began is not found");
      machine.stopLog();
    }),
    caseOf(make, "a harvest marks, and clears nothing", async ({ machine }) => {
      const pages = new DirtyBitmap(machine.memory.pageCount);
      pages.mark(1);
      machine.startLog();
      machine.harvest(pages);
      hold(pages.has(1), "what was marked stays marked");
      machine.stopLog();
    }),
  ];
}

/** What a comparison of all memory found over some rounds. */
export interface LogComparison {
  /** Pages that changed in a round, summed up. */
  readonly changed: number;
  readonly marked: number;
  /** Pages that changed and were not marked. */
  readonly missed: readonly number[];
}

/**
 * Holds a machine's log against a full comparison of its memory, harvesting while it runs and while it
 * stands. Leaves it standing, without a log.
 */
export async function compareLog(
  subject: MachineUnderTest,
  rounds: number,
  roundMs = 20,
): Promise<LogComparison> {
  const { machine } = subject;
  let [changed, marked] = [0, 0];
  const missed: number[] = [];
  if (!machine.isRunning) await machine.resume();
  machine.startLog();
  let before = copyOf(machine);
  for (let round = 0; round < rounds; round++) {
    if (!machine.isRunning) await machine.resume();
    await moment(roundMs);
    if (round % 2 === 1) await machine.pause();
    const found = new DirtyBitmap(machine.memory.pageCount);
    machine.harvest(found);
    const after = copyOf(machine);
    const pages = differing(before, after);
    changed += pages.length;
    marked += found.count();
    missed.push(...pages.filter((page) => !found.has(page)));
    before = after;
  }
  await machine.pause();
  machine.stopLog();
  return { changed, marked, missed };
}
