import { assert } from "../errors.js";
import type { DirtyBitmap } from "../kernel/dirty-bitmap.js";
import { AbsentPages } from "../memory/absent-pages.js";
import type { TargetMemory } from "../memory/guest-memory.js";
import type { Bytes, Nanoseconds, PageCount } from "../units.js";
import type { WriteTarget } from "../workload/writer.js";
import type { Link } from "../world/link.js";
import type { Fault, SteppedGuest, TargetMachine } from "./sides.js";
import type { SimulatedGuest } from "./simulated-guest.js";
import type { MachineParts } from "./spec.js";

/** Bytes that say which pages the target must not use: a range of two u64 a run, or a bitmap where that is shorter. */
const DISCARD_RANGE_BYTES = 16;

/** What a simulated guest's place at the target is made of. */
export interface SimulatedTargetParts {
  readonly link: Link;
  readonly guest: SimulatedGuest;
  readonly memory: TargetMemory;
  readonly parts: MachineParts;
  /** CPU context and device state. */
  readonly stateBytes: Bytes;
}

/** A simulated machine's place at the target: the same guest, with the target's memory. */
export class SimulatedTarget implements TargetMachine {
  readonly memory: TargetMemory;
  readonly guest: SteppedGuest;
  readonly #is: SimulatedTargetParts;
  readonly #writeTarget: WriteTarget;

  constructor(is: SimulatedTargetParts, writeTarget: WriteTarget) {
    this.memory = is.memory;
    this.guest = steppedGuest(is.guest, writeTarget);
    this.#is = is;
    this.#writeTarget = writeTarget;
  }

  async agree(): Promise<void> {
    await this.#is.link.arrive();
    await this.#is.link.arrive();
  }

  /** Loading a state takes no simulated time beside resuming. */
  rehearse(): Promise<void> {
    return Promise.resolve();
  }

  async sendState(absent: DirtyBitmap | null): Promise<Bytes> {
    const bytes = this.#is.stateBytes + (absent ? discardBytes(absent) : 0);
    await this.#is.link.transmit(bytes, Number.POSITIVE_INFINITY);
    return bytes;
  }

  /** The state arrives; compares every page at the target with what the source held at its stop; the answer arrives. */
  async ready(proves: boolean): Promise<PageCount | null> {
    const { link, parts, memory } = this.#is;
    await link.arrive();
    if (parts.disk.kind === "shared") await this.#sleep(parts.disk.reconnectNs);
    const differing = proves ? memory.countDiffering() : null;
    await link.arrive();
    return differing;
  }

  async run(bootNs: Nanoseconds): Promise<void> {
    const { link, parts, guest } = this.#is;
    await link.arrive();
    await this.#sleep(bootNs);
    await this.#sleep(parts.resumeNs);
    assert(
      guest.runLog.at(-1)?.running === null,
      "the guest must be stopped before it runs at the target",
    );
    guest.setRunning("target", this.#writeTarget);
  }

  #sleep(length: Nanoseconds): Promise<void> {
    const { clock } = this.#is.link;
    return clock.sleepUntil(clock.now() + length);
  }
}

function steppedGuest(guest: SimulatedGuest, { log }: WriteTarget): SteppedGuest {
  return {
    kind: "stepped",
    written: log,
    expect: (absent) => new AbsentPages(absent, guest.cuts),
    runUntil: (instant, absent): Fault | null => guest.runUntil(instant, absent),
    untroubledUntil: (absent) => guest.untroubledUntil(absent),
    stallUntil: (instant) => guest.stallUntil(instant),
    abandon: () => guest.abandon(),
  };
}

/** Bytes of the message that names absent pages. */
function discardBytes(absent: DirtyBitmap): Bytes {
  return Math.min(absent.countRuns() * DISCARD_RANGE_BYTES, Math.ceil(absent.pageCount / 8));
}
