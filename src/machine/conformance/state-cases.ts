import { isGodwitError } from "../../errors.js";
import {
  type ConformanceCase,
  caseOf,
  copyOf,
  hold,
  type MachineUnderTest,
  withEmpty,
  work,
} from "./subject.js";

/** State and memory in another machine. */
export function stateCases(make: () => Promise<MachineUnderTest>): ConformanceCase[] {
  return [
    caseOf(
      make,
      "with its memory and state another machine goes on in its place",
      async (subject) => {
        await work(subject);
        await subject.machine.pause();
        await withEmpty(subject, async (target) => {
          await moveTo(subject, target);
          const from = subject.progress();
          while (target.progress() <= from) await work(target);
          hold(target.isIntact(), "the guest is intact in the other machine");
        });
      },
    ),
    caseOf(make, "a state may be rehearsed before the one that counts", async (subject) => {
      await withEmpty(subject, async (target) => {
        for (let round = 0; round < 4; round++) {
          await work(subject);
          // While it runs too.
          const preview = await subject.machine.saveState();
          await target.machine.loadState(preview);
          await target.machine.loadState(preview);
        }
        await subject.machine.pause();
        await moveTo(subject, target);
        const from = subject.progress();
        while (target.progress() <= from) await work(target);
        hold(target.isIntact(), "the guest is intact after rehearsals");
      });
    }),
    caseOf(make, "saving a state changes nothing", async (subject) => {
      await work(subject);
      await subject.machine.saveState();
      await work(subject);
      hold(subject.isIntact(), "a guest whose state was saved while it ran is intact");
    }),
    caseOf(make, "a damaged state is refused", refusesDamage),
  ];
}

async function moveTo(from: MachineUnderTest, to: MachineUnderTest): Promise<void> {
  const { pageCount } = from.machine.memory;
  hold(to.machine.memory.pageCount === pageCount, "an equal machine has as many pages");
  to.machine.memory.write(0, copyOf(from.machine));
  await to.machine.loadState(await from.machine.saveState());
}

async function refusesDamage(subject: MachineUnderTest): Promise<void> {
  await work(subject);
  await subject.machine.pause();
  const state = await subject.machine.saveState();
  const damaged: [what: string, bytes: Uint8Array][] = [
    ["no bytes", new Uint8Array(0)],
    ["one byte", state.slice(0, 1)],
    ["half of it", state.slice(0, state.length >> 1)],
    ["all but a byte", state.slice(0, -1)],
    ["a byte more", Uint8Array.from([...state, 0])],
    ["other bytes", state.map((byte, at) => byte ^ (at * 31))],
    ["zeros", new Uint8Array(state.length)],
  ];
  for (const [what, bytes] of damaged) {
    await withEmpty(subject, async ({ machine }) => {
      const error = await machine.loadState(bytes).then(
        () => null,
        (reason: unknown) => reason,
      );
      hold(isGodwitError(error, "WireFormatError"), `a state of ${what} is a WireFormatError`);
    });
  }
}
