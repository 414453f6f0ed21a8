import { InvalidOptionError } from "../../errors.js";
import type { Nanoseconds } from "../../units.js";
import type { Fleet } from "../model/fleet.js";
import { Draft } from "./draft.js";
import type { DrainOrder, NotConverging } from "./drain-plan.js";
import { planDrain } from "./drain-plan.js";
import type { ControllerContext } from "./estimate.js";
import type { PlacementName } from "./placement.js";
import { type Controller, emptyPlan, type Plan } from "./plan.js";
import { promised } from "./promised.js";
import type { HostState, Snapshot } from "./snapshot.js";

/** Which hosts are to be emptied, and how. */
export interface DrainSettings {
  /** Names of hosts, in this order; `all`: all of them, in order of their index. */
  readonly hosts: readonly string[] | "all";
  /** When it begins. */
  readonly startNs: Nanoseconds;
  /** How long a host stays out of service once it is empty; Infinity: for good. */
  readonly serviceNs: Nanoseconds;
  /** How long emptying one may take; null: as long as it takes. */
  readonly deadlineNs: Nanoseconds | null;
  /** What becomes of a host that is not empty by then: it is kept closed, or put back in service untouched. */
  readonly ifLate: "wait" | "skip";
  /** Hosts that are out of service at once, at most. */
  readonly atOnce: number;
  readonly order: DrainOrder;
  readonly placement: PlacementName;
  readonly ifNotConverging: NotConverging;
  /** Whether sleeping hosts may be woken where there is no room otherwise. */
  readonly mayWake: boolean;
}

/** Where a host of the list stands. */
type Stage = "waiting" | "closed" | "done";

/**
 * Maintenance of one host or of a list, a few at a time: closes a host, moves everything off it, opens it again
 * when it has been empty for long enough, goes on to the next. VMs go rather to hosts that have been maintained,
 * then to those that need not be, so that few move twice. It remembers nothing: how far it is, it reads from
 * the hosts.
 *
 * @param path - What errors call the settings.
 * @throws {@link InvalidOptionError} when there is no host of a name.
 */
export function createDrain(
  settings: DrainSettings,
  context: ControllerContext,
  path = "controller",
): Controller {
  const name = "drain";
  const list = hostsOf(settings.hosts, context.fleet, `${path}.hosts`);
  return {
    name,
    decide(snapshot): Plan {
      if (snapshot.now < settings.startNs) return emptyPlan(name);
      const plans = new Rolling(list, settings, context, snapshot).look();
      return {
        controller: name,
        actions: plans.flatMap(({ actions }) => actions),
        refusals: plans.flatMap(({ refusals }) => refusals),
      };
    },
  };
}

/** One look at a list of hosts that are maintained one after the other. */
class Rolling {
  readonly #list: readonly number[];
  readonly #settings: DrainSettings;
  readonly #context: ControllerContext;
  readonly #snapshot: Snapshot;
  readonly #isDone = new Set<number>();

  constructor(
    list: readonly number[],
    settings: DrainSettings,
    context: ControllerContext,
    snapshot: Snapshot,
  ) {
    this.#list = list;
    this.#settings = settings;
    this.#context = context;
    this.#snapshot = snapshot;
  }

  look(): Plan[] {
    const turns = new Draft("drain", this.#snapshot);
    const closed: number[] = [];
    const waiting: number[] = [];
    for (const host of this.#list) {
      const state = this.#snapshot.hosts[host];
      // One that sleeps has nothing to move, and one that has failed cannot.
      if (state === undefined || state.status === "failed" || state.status === "asleep") continue;
      const stage = this.#stageOf(state);
      const because = stage === "closed" ? this.#whyOpen(state) : null;
      if (because !== null) turns.open(host, because);
      if (stage === "done" || because !== null) this.#isDone.add(host);
      else if (stage === "closed") closed.push(host);
      else waiting.push(host);
    }
    const next = waiting.slice(0, Math.max(0, this.#settings.atOnce - closed.length));
    for (const host of next) turns.close(host, "to be emptied");
    return this.#drainAll([...closed, ...next], turns.plan());
  }

  #stageOf({ status, maintainedAtNs }: HostState): Stage {
    if (status === "maintenance") return "closed";
    const isDone = maintainedAtNs !== null && maintainedAtNs >= this.#settings.startNs;
    return isDone ? "done" : "waiting";
  }

  #whyOpen({ emptySinceNs, statusSinceNs }: HostState): string | null {
    const { now } = this.#snapshot;
    const { serviceNs, deadlineNs, ifLate } = this.#settings;
    if (emptySinceNs !== null) {
      return now - Math.max(emptySinceNs, statusSinceNs) >= serviceNs
        ? "it has been serviced"
        : null;
    }
    const isLate = deadlineNs !== null && now - statusSinceNs > deadlineNs;
    return isLate && ifLate === "skip" ? "it could not be emptied by the deadline" : null;
  }

  /** All of them are closed first, so that none is a target; each plan is made over what the ones before it promise. */
  #drainAll(hosts: readonly number[], turns: Plan): Plan[] {
    const plans = [turns];
    let snapshot = promised(this.#snapshot, turns);
    for (const host of hosts) {
      const state = this.#snapshot.hosts[host];
      if (state === undefined) continue;
      const plan = this.#drain(snapshot, state);
      plans.push(plan);
      snapshot = promised(snapshot, plan);
    }
    return plans;
  }

  #drain(snapshot: Snapshot, { host, status, statusSinceNs }: HostState): Plan {
    const { order, placement, ifNotConverging, deadlineNs, mayWake } = this.#settings;
    const spent = status === "maintenance" ? snapshot.now - statusSinceNs : 0;
    const listed = new Set(this.#list);
    return planDrain(snapshot, host, {
      estimate: this.#context.estimate,
      order,
      placement,
      ifNotConverging,
      mayWake,
      deadlineNs: deadlineNs === null ? null : Math.max(0, deadlineNs - spent),
      preferred: [(other) => this.#isDone.has(other), (other) => !listed.has(other)],
    }).plan;
  }
}

function hostsOf(names: readonly string[] | "all", { hosts }: Fleet, path: string): number[] {
  if (names === "all") return hosts.map((_, host) => host);
  return names.map((name) => {
    const host = hosts.findIndex((one) => one.name === name);
    if (host >= 0) return host;
    throw new InvalidOptionError(path, name, "names of hosts of the scenario");
  });
}
