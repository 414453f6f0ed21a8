import type { StrategyName } from "../../migration/report.js";
import { formatDuration } from "../../quantity-text.js";
import type { Nanoseconds, Share } from "../../units.js";
import { toMilliseconds } from "../../units.js";
import { Draft } from "./draft.js";
import { type ControllerContext, nicOf } from "./estimate.js";
import { type Found, type PlacementName, placements } from "./placement.js";
import type { Controller, Plan } from "./plan.js";
import type { Party } from "./room.js";
import { scheduleMoves } from "./schedule.js";
import type { HostState, VmState } from "./snapshot.js";

/** How hosts that will fail are left, and what becomes of VMs that were lost. */
export interface FaultToleranceSettings {
  /** Share of the time that is left which is kept as a reserve. */
  readonly reserve: Share;
  /** Whether a VM that is too slow to move live may be stopped for it. */
  readonly mayStop: boolean;
  /** Whether VMs that run nowhere are started again. */
  readonly restarts: boolean;
  readonly placement: PlacementName;
  /** Whether sleeping hosts may be woken where there is no room otherwise. */
  readonly mayWake: boolean;
}

/** A VM that is to leave, and how. */
interface Leaving {
  readonly vm: number;
  readonly strategy: StrategyName | null;
  readonly ns: Nanoseconds;
}

/**
 * Leaves hosts that are known to fail soon, the most urgent first: of their VMs those that move quickest, as many
 * as are away before it happens. Then starts elsewhere what runs nowhere.
 */
export function createFaultTolerance(
  settings: FaultToleranceSettings,
  context: ControllerContext,
): Controller {
  const name = "fault-tolerance";
  return {
    name,
    decide(snapshot): Plan {
      const draft = new Draft(name, snapshot);
      const failing = snapshot.hosts.filter(
        ({ failsAtNs, status }) => failsAtNs !== null && status !== "failed",
      );
      failing.sort((a, b) => (a.failsAtNs ?? 0) - (b.failsAtNs ?? 0) || a.host - b.host);
      for (const host of failing) evacuate(draft, host, settings, context);
      if (settings.restarts) restart(draft, settings);
      return draft.plan();
    },
  };
}

function evacuate(
  draft: Draft,
  state: HostState,
  settings: FaultToleranceSettings,
  context: ControllerContext,
): void {
  const leftNs = (state.failsAtNs ?? 0) - draft.snapshot.now;
  const { leaving, late } = select(draft, state, Math.max(0, leftNs), settings, context);
  const because = `its host is expected to fail in ${words(leftNs)}`;
  for (const { vm, strategy } of leaving) {
    const vmState = draft.snapshot.vm(vm);
    if (vmState === undefined || draft.isPlanned(vm)) continue;
    const found = findPlace(draft, draft.room.party(vmState), settings);
    const why = found.host === null ? found.because : draft.move(vm, found.host, because, strategy);
    if (why !== null) draft.refuse(vm, state.host, `${because}, and ${why}`);
  }
  for (const { vm, ns } of late) {
    draft.refuse(vm, state.host, `${because}, and its move alone takes ${words(ns)}`);
  }
}

/** The VMs that are away in time, quickest first, and those that are not. */
function select(
  draft: Draft,
  { host, vms }: HostState,
  leftNs: Nanoseconds,
  { reserve, mayStop }: FaultToleranceSettings,
  { fleet, estimate }: ControllerContext,
): { leaving: Leaving[]; late: Leaving[] } {
  const byNs = (a: Leaving, b: Leaving): number => (a.ns === b.ns ? a.vm - b.vm : a.ns - b.ns);
  const timed = (vm: number, strategy: StrategyName | null): Leaving => {
    const { ns, converges } = estimate(vm, nicOf(fleet, host), strategy);
    return { vm, strategy, ns: converges === false ? Number.POSITIVE_INFINITY : ns };
  };
  const isInTime = (leaving: readonly Leaving[]): boolean => {
    const moves = leaving.map(({ vm, strategy }) => ({ vm, from: host, to: -1, strategy }));
    const limits = { ...fleet.limits, perTarget: Number.POSITIVE_INFINITY };
    const ends = scheduleMoves(fleet, moves, limits, estimate).map(({ endNs }) => endNs);
    return ends.every((endNs) => endNs <= leftNs * (1 - reserve));
  };
  const movable = vms.filter((vm) => canLeave(draft, vm, host));
  const live = movable.map((vm) => timed(vm, null)).sort(byNs);
  const count = longestPrefix(live, isInTime);
  if (count === live.length || !mayStop) {
    return { leaving: live.slice(0, count), late: live.slice(count) };
  }
  const stopped = live.slice(count).map(({ vm }) => timed(vm, "stop-and-copy"));
  const all = [...live.slice(0, count), ...stopped].sort(byNs);
  const saved = longestPrefix(all, isInTime);
  return { leaving: all.slice(0, saved), late: all.slice(saved) };
}

/** Whether a VM can be moved; says why not, unless it is leaving already. */
function canLeave(draft: Draft, vm: number, host: number): boolean {
  if (draft.isPlanned(vm) || draft.snapshot.vm(vm)?.isMigrating) return false;
  const why = draft.whyNotMovable(vm);
  if (why !== null) draft.refuse(vm, host, `its host is expected to fail, and ${why}`);
  return why === null;
}

/** How many from the front satisfy a condition that more of them can only break. */
function longestPrefix<T>(all: readonly T[], holds: (some: readonly T[]) => boolean): number {
  let low = 0;
  let high = all.length;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (holds(all.slice(0, middle))) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Those that need most memory first, since they fit into fewest hosts. */
function restart(draft: Draft, settings: FaultToleranceSettings): void {
  const lost = draft.snapshot.vms.filter(({ host, isMigrating }) => host < 0 && !isMigrating);
  lost.sort((a, b) => b.memoryBytes - a.memoryBytes || a.vm - b.vm);
  for (const state of lost) {
    const why = startOne(draft, state, settings);
    if (why !== null) draft.refuse(state.vm, null, `it runs nowhere, and ${why}`);
  }
}

function startOne(draft: Draft, state: VmState, settings: FaultToleranceSettings): string | null {
  const found = findPlace(draft, draft.room.party(state), settings);
  if (found.host === null) return found.because;
  return draft.start(state.vm, found.host, `it runs nowhere; ${found.because}`);
}

function findPlace(
  draft: Draft,
  party: Party,
  { placement, mayWake }: FaultToleranceSettings,
): Found {
  const found = placements[placement](draft.room, party);
  if (found.host !== null || !mayWake) return found;
  const host = draft.wakeFor(party, "for VMs of a host that fails or has failed");
  return host === null ? found : { host, because: "this one wakes for it" };
}

function words(ns: Nanoseconds): string {
  return formatDuration(toMilliseconds(ns));
}
