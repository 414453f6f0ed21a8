import { power } from "../../elementary.js";
import { InvalidOptionError } from "../../errors.js";
import { parseTime } from "../../scenario/quantities.js";
import type { Nanoseconds } from "../../units.js";
import type { Random } from "../../world/random.js";
import { MOST } from "./bounds.js";
import type { VmGroupInput } from "./input-vms.js";
import { positiveTime, timeOr } from "./read.js";
import type { LoadTrace } from "./traces/load-trace.js";

/** When the VMs of a group come and go. */
export interface Stay {
  readonly count: number;
  arrives(at: number): Nanoseconds;
  /** After `arrives`; Infinity: never. To be asked once for each VM, in order: some are drawn. */
  departs(at: number, arrivesNs: Nanoseconds): Nanoseconds;
}

const NEVER = Number.POSITIVE_INFINITY;
/** Tail of lengths of stay; below 2 the variance is infinite, as is seen in clouds. Ours. */
const PARETO_INDEX = 1.5;

/** Reads when a group's VMs come and go, and how many there are. */
export function resolveStay(
  path: string,
  group: VmGroupInput,
  trace: LoadTrace | null,
  context: { readonly untilNs: Nanoseconds; readonly random: Random },
): Stay {
  refuseContradictions(path, group);
  const departs = departureOf(path, group, trace, context.random.fork("lifetime"));
  if (group.arrivals !== undefined) {
    const times = drawArrivals(`${path}.arrivals`, group, context);
    return { count: times.length, arrives: (at) => times[at] ?? 0, departs };
  }
  const count = group.count ?? trace?.vms.length ?? 1;
  if (group.arrive === undefined && trace !== null) {
    const arrives = (at: number) => trace.vms[at % trace.vms.length]?.arrivesNs ?? 0;
    return { count, arrives, departs };
  }
  const arrivesNs = timeOr(`${path}.arrive`, group.arrive, 0);
  return { count, arrives: () => arrivesNs, departs };
}

function refuseContradictions(path: string, group: VmGroupInput): void {
  if (group.arrivals !== undefined && group.arrive !== undefined) {
    throw new InvalidOptionError(`${path}.arrive`, group.arrive, "no such field with arrivals");
  }
  if (group.lifetime !== undefined && group.depart !== undefined) {
    throw new InvalidOptionError(`${path}.depart`, group.depart, "no such field with lifetime");
  }
}

function drawArrivals(
  path: string,
  { arrivals, count = NEVER }: VmGroupInput,
  { untilNs, random }: { readonly untilNs: Nanoseconds; readonly random: Random },
): number[] {
  const { every = "", from, until } = arrivals ?? {};
  const mean = positiveTime(`${path}.every`, every);
  const start = timeOr(`${path}.from`, from, 0);
  const end = Math.min(untilNs, timeOr(`${path}.until`, until, untilNs));
  const expected = Math.min(count, (end - start) / mean);
  // Half as many again leaves room for chance, which for so many is a thousandth.
  if (expected > MOST.vms / 1.5) {
    throw new InvalidOptionError(`${path}.every`, every, `fewer than ${MOST.vms} arrivals in all`);
  }
  const chance = random.fork("arrivals");
  const times: number[] = [];
  let now = start;
  while (times.length < count) {
    now += mean * chance.nextExponential();
    if (now >= end) break;
    times.push(Math.floor(now));
  }
  return times;
}

function departureOf(
  path: string,
  { depart, lifetime, arrive, arrivals }: VmGroupInput,
  trace: LoadTrace | null,
  random: Random,
): Stay["departs"] {
  if (depart !== undefined) {
    const departsNs = parseTime(`${path}.depart`, depart);
    return (_, arrivesNs) => {
      if (departsNs > arrivesNs) return departsNs;
      throw new InvalidOptionError(`${path}.depart`, depart, "a time after they come");
    };
  }
  if (lifetime !== undefined) {
    const draw = lifetimeOf(`${path}.lifetime`, lifetime, random);
    return (_, arrivesNs) => arrivesNs + Math.max(1, Math.floor(draw()));
  }
  if (trace === null || arrive !== undefined || arrivals !== undefined) return () => NEVER;
  return (at, arrivesNs) => {
    const departsNs = trace.vms[at % trace.vms.length]?.departsNs ?? NEVER;
    return departsNs > arrivesNs ? departsNs : arrivesNs + 1;
  };
}

function lifetimeOf(
  path: string,
  input: NonNullable<VmGroupInput["lifetime"]>,
  random: Random,
): () => Nanoseconds {
  if (typeof input === "string") {
    const length = positiveTime(path, input);
    return () => length;
  }
  const mean = positiveTime(`${path}.mean`, input.mean);
  switch (input.distribution ?? "exponential") {
    case "exponential":
      return () => mean * random.nextExponential();
    case "uniform":
      return () => 2 * mean * random.nextUnit();
    case "pareto": {
      const least = (mean * (PARETO_INDEX - 1)) / PARETO_INDEX;
      return () => least * power(random.nextUnit(), -1 / PARETO_INDEX);
    }
  }
}
