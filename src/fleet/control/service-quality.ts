import { formatShare } from "../../quantity-text.js";
import type { Nanoseconds, Share } from "../../units.js";
import { toSeconds } from "../../units.js";
import { moveCost, providerOf } from "./cost.js";
import { Draft } from "./draft.js";
import { bandwidthBetween, type ControllerContext, flavourOf } from "./estimate.js";
import { leastLoaded } from "./placement.js";
import type { Controller, Plan } from "./plan.js";
import type { Snapshot, VmState } from "./snapshot.js";
import { Suffering } from "./suffering.js";

/** When a contract counts as broken, and what may be done for it. */
export interface ServiceQualitySettings {
  /** Looks in a row in which a VM must have got less than its contract promises, 1 or more. */
  readonly looks: number;
  /** Share of a site's VMs that suffer above which moving within it is of no use. */
  readonly poorSite: Share;
  /** Utilisation to which a target may be filled. */
  readonly fill: Share;
  /** The time over which what staying costs is held against what moving costs. */
  readonly horizonNs: Nanoseconds;
  /** How long a VM stays where it is after a move. */
  readonly restNs: Nanoseconds;
}

/** Hosts that a VM may go to, all at the same price. */
type Tier = (host: number) => boolean;

/**
 * Moves VMs that do not get what their contracts promise: to another host of the site where nobody suffers, then
 * to another site of the provider, then to another provider, as long as staying costs more than moving. Where the
 * host was merely overloaded, only as many leave as must.
 */
export function createServiceQuality(
  settings: ServiceQualitySettings,
  context: ControllerContext,
): Controller {
  const name = "service-quality";
  return {
    name,
    decide(snapshot): Plan {
      const draft = new Draft(name, snapshot, { fill: settings.fill });
      const wronged = snapshot.vms.filter((vm) => isWronged(snapshot, vm, settings));
      wronged.sort((a, b) => b.violated - a.violated || a.vm - b.vm);
      if (wronged.length > 0) {
        const suffering = new Suffering(snapshot, settings.poorSite);
        for (const vm of wronged) help(draft, vm, suffering, settings, context);
      }
      return draft.plan();
    },
  };
}

function isWronged(
  snapshot: Snapshot,
  { vm, host, violated, isMigrating }: VmState,
  { looks }: ServiceQualitySettings,
): boolean {
  if (host < 0 || isMigrating || violated === 0) return false;
  const contract = flavourOf(snapshot.fleet, vm)?.contract;
  if (contract === null || contract === undefined) return false;
  const allowed = 1 - contract.availability;
  if (violated <= allowed) return false;
  if (looks <= 1) return true;
  const last = snapshot.violationHistory(vm).slice(-looks);
  return last.length === looks && last.every((share) => share > allowed);
}

function help(
  draft: Draft,
  state: VmState,
  suffering: Suffering,
  settings: ServiceQualitySettings,
  context: ControllerContext,
): void {
  const { vm, host, violated, movedAtNs } = state;
  const { now } = draft.snapshot;
  if (draft.isPlanned(vm) || isRelieved(draft, host)) return;
  const because = `it missed CPU in ${formatShare(violated)} of the time`;
  if (movedAtNs !== null && now - movedAtNs < settings.restNs) {
    draft.refuse(vm, host, `${because}, but it has only just moved`);
    return;
  }
  const stuck = draft.whyNotMovable(vm);
  if (stuck !== null) {
    draft.refuse(vm, host, `${because}, and ${stuck}`);
    return;
  }
  const party = draft.room.party(state);
  let obstacle = "no host takes it where nobody suffers";
  const { room } = draft;
  // What a site does not give its guests, it will not give one more.
  const isFilled = (target: number): boolean => {
    const capacity = draft.snapshot.hosts[target]?.capacity ?? 0;
    return room.utilisation(target) + party.cpu / capacity > suffering.delivered(target);
  };
  for (const tier of tiersFor(draft.snapshot, host, suffering)) {
    const found = leastLoaded(room, party, (target) => tier(target) && !isFilled(target));
    if (found.host === null) continue;
    const tooDear = whyTooDear(state, found.host, settings, context);
    const why = tooDear ?? draft.move(vm, found.host, `${because}; ${found.because}`);
    if (why === null) return;
    obstacle = why;
    // Whatever comes after is no cheaper.
    if (tooDear !== null) break;
  }
  draft.refuse(vm, host, `${because}, but ${obstacle}`);
}

/** Whether a host that was overloaded no longer is when those leave that are planned to. */
function isRelieved({ snapshot, room }: Draft, host: number): boolean {
  const state = snapshot.hosts[host];
  return state !== undefined && state.demand > state.capacity && room.utilisation(host) <= 1;
}

/** Cheapest first: the site, the provider, other providers from the one whose cores cost least. */
function tiersFor({ fleet }: Snapshot, from: number, suffering: Suffering): Tier[] {
  const site = fleet.hosts[from]?.site ?? -1;
  const provider = providerOf(fleet, from);
  const siteOf = (host: number): number => fleet.hosts[host]?.site ?? -1;
  const isGood = (host: number): boolean =>
    !suffering.isPoorSite(siteOf(host)) && !suffering.isPoorHost(host);
  const others = suffering.providersByPrice().filter((other) => other !== provider);
  return [
    (host) => siteOf(host) === site && isGood(host),
    (host) => siteOf(host) !== site && providerOf(fleet, host) === provider && isGood(host),
    ...others.map(
      (other): Tier =>
        (host) =>
          providerOf(fleet, host) === other && isGood(host),
    ),
  ];
}

/** Compares money with money; where moving costs none there is nothing to compare. */
function whyTooDear(
  { vm, host, demand, granted }: VmState,
  to: number,
  { horizonNs }: ServiceQualitySettings,
  { fleet, estimate }: ControllerContext,
): string | null {
  const outlook = estimate(vm, bandwidthBetween(fleet, host, to), null);
  if (outlook.converges === false) return `its move would not converge: ${outlook.because}`;
  const { trafficPrice, penalty } = moveCost(fleet, { vm, from: host, to }, outlook);
  const moving = trafficPrice + penalty;
  if (moving === 0) return null;
  const missing = demand > 0 ? Math.max(0, 1 - granted / demand) : 0;
  const contract = flavourOf(fleet, vm)?.contract;
  const staying = missing * toSeconds(horizonNs) * (contract?.pricePerDegradedSecond ?? 0);
  if (moving <= staying) return null;
  return `moving costs ${moving.toPrecision(3)}, staying costs ${staying.toPrecision(3)}`;
}
