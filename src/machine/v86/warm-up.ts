import type { Machine } from "../machine.js";
import type { ResolvedV86Options, V86Guest } from "./options.js";
import { testGuest } from "./test-guest.js";

/** By then what a guest needs of v86 has been compiled with optimizations, or is just being; longer was measured to gain nothing. */
const ENOUGH_INSTRUCTIONS = 20_000_000;
const LONGEST_MS = 150;
const LOOK_MS = 20;

/** A machine that counts what it executes. */
interface CountingMachine extends Machine {
  readonly instructions: number;
}

/** The other PC, as small as the guest allows. */
export function warmUpOptions(guest: V86Guest): ResolvedV86Options {
  return {
    memoryBytes: 8 << 20,
    vgaMemoryBytes: 256 << 10,
    guest,
    network: null,
    log: "exact",
    demand: "blocking",
  };
}

/** What was warmed or is just being. */
const warmed = new WeakMap<object, Promise<void>>();

/**
 * Runs another PC for a moment. Engines compile v86's functions when they are first called, and better when
 * they were called often; all machines of a module share what was compiled. Without it the first slice
 * after a move takes the time of a hundred.
 *
 * @param module - What is to be warm; done once for each.
 * @param make - Makes the other PC over that module.
 */
export function warmUp(
  module: object,
  make: (guest: V86Guest) => Promise<CountingMachine>,
): Promise<void> {
  const known = warmed.get(module);
  if (known) return known;
  const warming = run(make);
  warmed.set(module, warming);
  return warming;
}

async function run(make: (guest: V86Guest) => Promise<CountingMachine>): Promise<void> {
  const machine = await make(testGuest({ pages: 32, paging: true, irq: true, exec: true }));
  await machine.resume();
  for (let ms = 0; ms < LONGEST_MS && machine.instructions < ENOUGH_INSTRUCTIONS; ms += LOOK_MS) {
    await new Promise<void>((resolve) => setTimeout(resolve, LOOK_MS));
  }
  await machine.pause();
  for (let round = 0; round < 5; round++) await machine.loadState(await machine.saveState());
  machine.destroy();
}
