import { InvalidOptionError } from "../../errors.js";
import type { Nanoseconds } from "../../units.js";
import type { Fleet } from "../model/fleet.js";
import { Draft } from "./draft.js";
import type { DrainOrder, NotConverging } from "./drain-plan.js";
import { planDrain } from "./drain-plan.js";
import type { ControllerContext } from "./estimate.js";
import type { PlacementName } from "./placement.js";
import type { Action, Controller, Plan, Refusal } from "./plan.js";
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
}

/** Where a host of the list stands. */
type Stage = "waiting" | "closed" | "done";

/**
 * Maintenance of one host or of a list, a few at a time: closes a host, moves everything off it, opens it again
 * when it has been empty for long enough, goes on to the next. VMs go rather to hosts that have been maintained,
 * then to those that need not be, so that few move twice. It remembers nothing: how far it is, it reads from
 * the hosts.
 *
 * @throws {@link InvalidOptionError} when there is no host of a name.
 */
export function createDrain(settings: DrainSettings, context: ControllerContext): Controller {
  const name = "drain";
  const list = hostsOf(settings.hosts, context.fleet);
  return {
    name,
    decide(snapshot): Plan {
      const actions: Action[] = [];
      const refusals: Refusal[] = [];
      if (snapshot.now >= settings.startNs) {
        const { opened, plans } = new Rolling(list, settings, context, snapshot).look();
        actions.push(...opened, ...plans.flatMap((plan) => plan.actions));
        refusals.push(...plans.flatMap((plan) => plan.refusals));
      }
      return { controller: name, actions, refusals };
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

  look(): { opened: Action[]; plans: Plan[] } {
    const opened: Action[] = [];
    const closed: number[] = [];
    const waiting: number[] = [];
    for (const host of this.#list) {
      const state = this.#snapshot.hosts[host];
      // One that sleeps has nothing to move, and one that has failed cannot.
      if (state === undefined || state.status === "failed" || state.status === "asleep") continue;
      const stage = this.#stageOf(state);
      const because = stage === "closed" ? this.#whyOpen(state) : null;
      if (because !== null) opened.push({ kind: "open", host, because });
      if (stage === "done") this.#isDone.add(host);
      else if (stage === "closed" && because === null) closed.push(host);
      else if (stage === "waiting") waiting.push(host);
    }
    // A host that opens now takes VMs from the next look on.
    const next = waiting.slice(0, Math.max(0, this.#settings.atOnce - closed.length));
    return { opened, plans: this.#drainAll([...closed, ...next]) };
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
  #drainAll(hosts: readonly number[]): Plan[] {
    const closing = new Draft("drain", this.#snapshot);
    for (const host of hosts) closing.close(host, "to be emptied");
    const plans = [closing.plan()];
    let snapshot = promised(this.#snapshot, closing.plan());
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
    const { order, placement, ifNotConverging, deadlineNs } = this.#settings;
    const spent = status === "maintenance" ? snapshot.now - statusSinceNs : 0;
    const listed = new Set(this.#list);
    return planDrain(snapshot, host, {
      estimate: this.#context.estimate,
      order,
      placement,
      ifNotConverging,
      deadlineNs: deadlineNs === null ? null : Math.max(0, deadlineNs - spent),
      preferred: [(other) => this.#isDone.has(other), (other) => !listed.has(other)],
    }).plan;
  }
}

function hostsOf(names: readonly string[] | "all", { hosts }: Fleet): number[] {
  if (names === "all") return hosts.map((_, host) => host);
  return names.map((name) => {
    const host = hosts.findIndex((one) => one.name === name);
    if (host < 0) throw new InvalidOptionError("hosts", name, "names of hosts of the scenario");
    return host;
  });
}
