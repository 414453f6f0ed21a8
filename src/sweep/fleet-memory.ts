import { InvalidOptionError } from "../errors.js";
import type { FleetExperiment } from "../fleet/experiment.js";
import { formatBytes } from "../quantity-text.js";
import type { Bytes } from "../units.js";

/** Measured: what an interval leaves behind, and what a host or a VM takes alone and in a snapshot. */
const PER_INTERVAL: Bytes = 350;
const PER_MEMBER: Bytes = 150;
const PER_SEEN_MEMBER: Bytes = 1000;
/** A share of the history, and one of a demand that CloudSim's rules have looked up beforehand. */
const PER_LOOK: Bytes = 4;
const PER_SHARE: Bytes = 8;

/**
 * Refuses a fleet that takes more memory than this, by a rough reckoning; the field that weighs most is named.
 *
 * @throws InvalidOptionError
 */
export function refuseLargeFleet(
  { fleet, run, cloudSimPolicy }: FleetExperiment,
  memoryBytes: Bytes,
): void {
  const members = fleet.hosts.length + fleet.vms.count;
  const intervals = run.untilNs / run.intervalNs;
  const isSeen = run.controllers.length > 0;
  const shares = cloudSimPolicy === null ? 0 : fleet.vms.count * PER_SHARE;
  const needs: readonly (readonly [field: string, bytes: Bytes])[] = [
    ["vms", members * (isSeen ? PER_SEEN_MEMBER : PER_MEMBER)],
    ["history", isSeen ? members * run.historyLength * PER_LOOK : 0],
    ["interval", intervals * (PER_INTERVAL + shares)],
  ];
  const need = needs.reduce((sum, [, bytes]) => sum + bytes, 0);
  if (need <= memoryBytes) return;
  const [field] = needs.reduce((most, one) => (one[1] > most[1] ? one : most));
  const expected = `less: of ${formatBytes(memoryBytes)} of memory that a point may take the whole would take some ${formatBytes(need)}`;
  const values: Readonly<Record<string, string>> = {
    vms: `${fleet.vms.count} VMs`,
    history: `${run.historyLength} looks`,
    interval: `${Math.floor(intervals)} intervals`,
  };
  throw new InvalidOptionError(field, values[field], expected);
}
