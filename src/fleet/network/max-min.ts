import type { Bytes, BytesPerSecond, Nanoseconds } from "../../units.js";
import { attach, type Bottleneck, detach, holdBack } from "./bottleneck.js";
import type { Bundle } from "./bundle.js";
import type { Flow } from "./flow.js";
import { Heap } from "./heap.js";
import type { Pace } from "./pace.js";

/** Levels nearer to one another than this are equal. */
const TOLERANCE = 1e-12;
/** A level that changes by less is left as it is; the next look compares with the old one, so nothing adds up. */
const NO_CHANGE = 1e-14;
/** After so many links settled in one go, rounding is suspected to go round in circles. */
const PATIENCE = 20_000;

/**
 * Keeps bundles at their max-min fair levels: every bundle is at its cap, or at a full link on which nobody
 * has a higher level. Only links where something changed are looked at, and those that this changes in turn.
 */
export class MaxMin {
  /** Paces by their next completion. */
  readonly agenda: Heap<Pace> = new Heap();
  /** Links to be looked at and paces to be entered again; emptied by their counts, so that they keep their room. */
  readonly #dirty: Bottleneck[] = [];
  #dirtyCount = 0;
  readonly #touched: Pace[] = [];
  #touchedCount = 0;
  readonly #markDirty = (bottleneck: Bottleneck): void => this.mark(bottleneck);

  /** Has a link looked at again. */
  mark(bottleneck: Bottleneck): void {
    if (bottleneck.isDirty) return;
    bottleneck.isDirty = true;
    this.#dirty[this.#dirtyCount++] = bottleneck;
  }

  /** Has the next completion of a pace worked out again. */
  touch(pace: Pace): void {
    if (pace.isTouched) return;
    pace.isTouched = true;
    this.#touched[this.#touchedCount++] = pace;
  }

  /** Lets a flow go on in a bundle, which may be a new one, with so many bytes left. */
  join(bundle: Bundle, flow: Flow, left: Bytes, now: Nanoseconds): void {
    const isNew = bundle.flows.size === 0;
    bundle.add(flow, left, now);
    if (isNew) attach(bundle, now);
    for (const use of bundle.uses) {
      if (!isNew) use.bottleneck.weigh(use, flow.weight);
      this.mark(use.bottleneck);
    }
    this.touch(bundle.pace);
  }

  /** Takes a flow out of its bundle, and an empty bundle off its links. */
  leave(bundle: Bundle, flow: Flow): void {
    bundle.remove(flow);
    for (const use of bundle.uses) {
      use.bottleneck.weigh(use, -flow.weight);
      if (bundle.flows.size === 0) detach(use);
      this.mark(use.bottleneck);
    }
    this.touch(bundle.pace);
  }

  /** Brings all levels up to date; everything since the last call has happened at `now`. */
  settle(now: Nanoseconds): void {
    let tolerance = TOLERANCE;
    for (let settled = 0; settled < this.#dirtyCount; settled++) {
      const bottleneck = this.#dirty[settled] as Bottleneck;
      this.#settleLink(bottleneck, now, tolerance);
      bottleneck.isDirty = false;
      if (settled % PATIENCE === PATIENCE - 1) tolerance *= 10;
    }
    this.#dirtyCount = 0;
    for (let i = 0; i < this.#touchedCount; i++) {
      const pace = this.#touched[i] as Pace;
      pace.isTouched = false;
      this.schedule(pace);
    }
    this.#touchedCount = 0;
  }

  /** Enters the next completion of a pace in the agenda. */
  schedule(pace: Pace): void {
    const instant = pace.due.size === 0 ? Infinity : pace.due.top.firstCompletion();
    if (instant === Infinity) {
      if (pace.place >= 0) this.agenda.remove(pace);
    } else if (pace.place < 0) this.agenda.add(pace, instant);
    else this.agenda.rekey(pace, instant);
  }

  /**
   * Whoever needs less than the fair level goes to his cap, and whoever has more elsewhere comes in, the
   * highest first: both can only raise the level, so what was decided before stays right.
   */
  #settleLink(bottleneck: Bottleneck, now: Nanoseconds, tolerance: number): void {
    const { members, others } = bottleneck;
    for (;;) {
      const level = bottleneck.fairLevel(tolerance);
      if (members.size > 0 && members.topKey < level * (1 - tolerance)) {
        this.#move(members.top.bundle, null, now);
      } else if (others.size > 0 && bottleneck.highestOther() > level * (1 + tolerance)) {
        this.#move(others.top.bundle, bottleneck, now);
      } else {
        this.#publish(bottleneck, level, now);
        return;
      }
    }
  }

  #move(bundle: Bundle, to: Bottleneck | null, now: Nanoseconds): void {
    this.touch(bundle.pace);
    holdBack(bundle, to, now, this.#markDirty);
    this.touch(bundle.pace);
  }

  #publish({ pace, coupled }: Bottleneck, level: BytesPerSecond, now: Nanoseconds): void {
    if (level === pace.level) return;
    if (level !== Infinity && Math.abs(level - pace.level) <= NO_CHANGE * level) return;
    pace.change(level, now);
    this.touch(pace);
    for (const { bundle, bottleneck } of coupled) {
      for (const use of bundle.uses) {
        if (use.bottleneck === bottleneck) continue;
        use.bottleneck.changeOther(use, level);
        this.mark(use.bottleneck);
      }
    }
  }
}
