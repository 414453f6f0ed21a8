import type { StrategyName } from "../../migration/report.js";
import type { BytesPerSecond, Nanoseconds } from "../../units.js";
import type { Fleet, MigrationLimits } from "../model/fleet.js";
import { bandwidthBetween, type MoveEstimator, type MoveOutlook, nicOf } from "./estimate.js";

/** A move that is asked for. */
export interface WantedMove {
  readonly vm: number;
  readonly from: number;
  readonly to: number;
  /** Null: its flavour's. */
  readonly strategy: StrategyName | null;
}

/** When a move would happen, counted from the plan's beginning. */
export interface ScheduledMove extends WantedMove {
  readonly startNs: Nanoseconds;
  /** Infinity: it would not end. */
  readonly endNs: Nanoseconds;
  /** What it would be like with the bandwidth that it had last. */
  readonly outlook: MoveOutlook;
  readonly bandwidth: BytesPerSecond;
}

interface Running {
  readonly move: WantedMove;
  readonly order: number;
  readonly startNs: Nanoseconds;
  /** Share of it that is yet to be done. */
  left: number;
  /** How many leave its source and enter its target, itself included. */
  sharers: readonly [number, number];
  bandwidth: BytesPerSecond;
  outlook: MoveOutlook;
}

/**
 * When moves would happen that begin in this order as soon as the limits let them. Moves that run at once share
 * the network cards of their hosts evenly; one whose share changes goes on with what was left of it at the new
 * pace. An estimate: the run itself shares every link and goes round by round.
 */
export function scheduleMoves(
  fleet: Fleet,
  moves: readonly WantedMove[],
  limits: MigrationLimits,
  estimate: MoveEstimator,
): ScheduledMove[] {
  const traffic = new Traffic(fleet, limits, remembering(estimate));
  const ended: { order: number; move: ScheduledMove }[] = [];
  let waiting = moves.map((move, order) => ({ move, order }));
  let now: Nanoseconds = 0;
  while (waiting.length > 0 || traffic.running.length > 0) {
    waiting = waiting.filter(({ move, order }) => !traffic.begin(move, order, now));
    traffic.share();
    const step = traffic.nextEnd();
    now += step;
    for (const { move, order, startNs, outlook, bandwidth } of traffic.pass(step)) {
      ended.push({ order, move: { ...move, startNs, endNs: now, outlook, bandwidth } });
    }
  }
  return ended.sort((a, b) => a.order - b.order).map(({ move }) => move);
}

/** When the last of them ends. */
export function endOf(schedule: readonly ScheduledMove[]): Nanoseconds {
  return schedule.reduce((latest, { endNs }) => Math.max(latest, endNs), 0);
}

/** Moves that run at once. */
class Traffic {
  running: Running[] = [];
  readonly #fleet: Fleet;
  readonly #limits: MigrationLimits;
  readonly #estimate: MoveEstimator;
  readonly #out = new Map<number, number>();
  readonly #into = new Map<number, number>();

  constructor(fleet: Fleet, limits: MigrationLimits, estimate: MoveEstimator) {
    this.#fleet = fleet;
    this.#limits = limits;
    this.#estimate = estimate;
  }

  /** Begins a move if the limits let it; a limit below one would let nothing happen ever, so it counts as one. */
  begin(move: WantedMove, order: number, startNs: Nanoseconds): boolean {
    const { perSource, perTarget, total } = this.#limits;
    const isFree =
      this.running.length < Math.max(1, total) &&
      count(this.#out, move.from) < Math.max(1, perSource) &&
      count(this.#into, move.to) < Math.max(1, perTarget);
    if (!isFree) return false;
    this.#out.set(move.from, count(this.#out, move.from) + 1);
    this.#into.set(move.to, count(this.#into, move.to) + 1);
    this.running.push({ move, order, startNs, left: 1, ...this.#shareOf(move) });
    return true;
  }

  /** Gives every move its share of the network. */
  share(): void {
    for (const one of this.running) {
      const [out, into] = one.sharers;
      const { from, to } = one.move;
      if (out === count(this.#out, from) && into === count(this.#into, to)) continue;
      Object.assign(one, this.#shareOf(one.move));
    }
  }

  #shareOf(move: WantedMove): Pick<Running, "sharers" | "bandwidth" | "outlook"> {
    const { vm, from, to, strategy } = move;
    const sharers = [count(this.#out, from), count(this.#into, to)] as const;
    const bandwidth = Math.min(
      bandwidthBetween(this.#fleet, from, to),
      nicOf(this.#fleet, from) / sharers[0],
      nicOf(this.#fleet, to) / sharers[1],
    );
    return { sharers, bandwidth, outlook: this.#estimate(vm, bandwidth, strategy) };
  }

  nextEnd(): Nanoseconds {
    let least = Number.POSITIVE_INFINITY;
    for (const one of this.running) least = Math.min(least, timeLeft(one));
    return least;
  }

  /** Lets time pass; answers what has ended, first begun first. When nothing ends any more, all of it "ends". */
  pass(step: Nanoseconds): Running[] {
    const ended = this.running.filter((one) => timeLeft(one) <= step);
    this.running = this.running.filter((one) => timeLeft(one) > step);
    for (const one of this.running) {
      if (one.outlook.ns > 0) one.left -= step / one.outlook.ns;
    }
    for (const { move } of ended) {
      this.#out.set(move.from, count(this.#out, move.from) - 1);
      this.#into.set(move.to, count(this.#into, move.to) - 1);
    }
    return ended;
  }
}

/** Whole, so that times stay whole nanoseconds. */
function timeLeft({ left, outlook }: Running): Nanoseconds {
  return outlook.ns === Number.POSITIVE_INFINITY
    ? outlook.ns
    : Math.max(0, Math.ceil(left * outlook.ns));
}

function count(counts: ReadonlyMap<number, number>, host: number): number {
  return counts.get(host) ?? 0;
}

/** Asks once for each VM, way and bandwidth. */
function remembering(estimate: MoveEstimator): MoveEstimator {
  const known = new Map<string, MoveOutlook>();
  return (vm, bandwidth, strategy) => {
    const key = `${vm} ${bandwidth} ${strategy}`;
    const outlook = known.get(key) ?? estimate(vm, bandwidth, strategy);
    known.set(key, outlook);
    return outlook;
  };
}
