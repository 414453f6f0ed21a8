import { formatShare } from "../../quantity-text.js";
import type { Nanoseconds, Share } from "../../units.js";
import { Draft } from "./draft.js";
import { bandwidthBetween, type ControllerContext } from "./estimate.js";
import { leastLoaded } from "./placement.js";
import type { Controller, Plan } from "./plan.js";
import type { HostState, VmState } from "./snapshot.js";

/** When a host is too hot, and how far it is relieved. */
export interface HotSpotSettings {
  /** Utilisation above which a host is too hot. */
  readonly above: Share;
  /** And down to which VMs leave it; targets are filled no further. */
  readonly downTo: Share;
  /** Looks in a row that a host must have been too hot, 1 or more. */
  readonly looks: number;
  /** How long a VM stays where it is after a move. */
  readonly restNs: Nanoseconds;
}

/**
 * Relieves hosts that are too hot, the hottest first: of the VMs that suffice alone the one that moves
 * quickest, or else the one that wants most, goes to the host that is used least (OpenStack Watcher's workload
 * balance, with hysteresis).
 */
export function createHotSpots(settings: HotSpotSettings, context: ControllerContext): Controller {
  const name = "hot-spots";
  return {
    name,
    decide(snapshot): Plan {
      const draft = new Draft(name, snapshot, { fill: settings.downTo });
      const hot = snapshot.hosts.filter((host) => isHot(host, settings));
      hot.sort((a, b) => usedShare(b) - usedShare(a) || a.host - b.host);
      for (const host of hot) relieve(draft, host, settings, context);
      return draft.plan();
    },
  };
}

function isHot(state: HostState, { above, looks }: HotSpotSettings): boolean {
  if (state.status !== "on" || usedShare(state) <= above) return false;
  if (looks <= 1) return true;
  // The present is the newest look.
  const earlier = state.history.slice(1 - looks);
  return earlier.length === looks - 1 && earlier.every((share) => share > above);
}

function usedShare({ demand, capacity }: HostState): Share {
  return demand / capacity;
}

function relieve(
  draft: Draft,
  state: HostState,
  settings: HotSpotSettings,
  context: ControllerContext,
): void {
  const { room } = draft;
  const { host, capacity } = state;
  const tried = new Set<number>();
  let why = "none of its VMs can move now";
  while (room.utilisation(host) > settings.downTo) {
    const excess = (room.utilisation(host) - settings.downTo) * capacity;
    const vm = select(draft, state, excess, tried, settings, context);
    if (vm === null) {
      const used = formatShare(room.utilisation(host));
      draft.refuse(null, host, `it is used by ${used} and stays so: ${why}`);
      return;
    }
    tried.add(vm.vm);
    const found = leastLoaded(room, room.party(vm));
    if (found.host === null) {
      why = found.because;
      continue;
    }
    const because = `${formatShare(room.utilisation(host))} of its host is used, more than ${formatShare(settings.above)}`;
    why = draft.move(vm.vm, found.host, because) ?? why;
  }
}

/** The VM to take off next: the quickest to move of those that suffice, or the one that wants most. */
function select(
  draft: Draft,
  { host, vms }: HostState,
  excess: number,
  tried: ReadonlySet<number>,
  { restNs }: HotSpotSettings,
  { fleet, estimate }: ControllerContext,
): VmState | null {
  const { snapshot, room } = draft;
  let quickest: VmState | null = null;
  let least = Number.POSITIVE_INFINITY;
  let largest: VmState | null = null;
  for (const index of vms) {
    const vm = snapshot.vm(index);
    if (vm === undefined || tried.has(index) || draft.whyNotMovable(index) !== null) continue;
    if (vm.movedAtNs !== null && snapshot.now - vm.movedAtNs < restNs) continue;
    const outlook = estimate(index, bandwidthBetween(fleet, host, host), null);
    if (outlook.converges === false) continue;
    const { cpu } = room.party(vm);
    if (cpu >= excess && outlook.ns < least) {
      quickest = vm;
      least = outlook.ns;
    }
    if (largest === null || cpu > room.party(largest).cpu) largest = vm;
  }
  return quickest ?? largest;
}
