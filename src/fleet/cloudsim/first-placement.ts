import { InvalidOptionError } from "../../errors.js";
import { FALLBACK_THRESHOLD } from "../control/overload.js";
import { type DataCentre, GONE } from "./data-centre.js";
import type { CloudSimExperiment } from "./experiment.js";
import type { CloudSimPolicy } from "./policy.js";

/**
 * Places the VMs one after the other, before any of them wants anything: each is given room for all of its
 * MIPS, memory and bandwidth. With consolidation on the host whose power rises the least, otherwise on the
 * first that has room.
 *
 * @throws InvalidOptionError when a VM finds no host.
 */
export function placeAtFirst(
  centre: DataCentre,
  experiment: CloudSimExperiment,
  policy: CloudSimPolicy,
): void {
  const room = new Room(centre, experiment);
  for (let vm = 0; vm < experiment.vms.length; vm++) {
    const host = policy.kind === "consolidation" ? room.leastPower(vm, policy) : room.first(vm);
    if (host === GONE) {
      throw new InvalidOptionError("hosts", centre.hosts, `more hosts: VM ${vm} finds no room`);
    }
    room.take(host, vm);
    centre.hostOf[vm] = host;
    (centre.vms[host] as number[]).push(vm);
  }
}

/** What hosts have left. */
class Room {
  readonly #centre: DataCentre;
  readonly #experiment: CloudSimExperiment;
  readonly #mips: Float64Array;
  readonly #memory: Float64Array;
  readonly #bandwidth: Float64Array;

  constructor(centre: DataCentre, experiment: CloudSimExperiment) {
    this.#centre = centre;
    this.#experiment = experiment;
    const { hostTypes, hosts } = experiment;
    const types = Array.from(hosts);
    this.#mips = centre.pool.mips.slice();
    this.#memory = Float64Array.from(types, (type) => hostTypes[type]?.memoryMb ?? 0);
    this.#bandwidth = Float64Array.from(types, (type) => hostTypes[type]?.bandwidthKbps ?? 0);
  }

  first(vm: number): number {
    for (let host = 0; host < this.#centre.hosts; host++) if (this.#hasFor(host, vm)) return host;
    return GONE;
  }

  leastPower(vm: number, policy: CloudSimPolicy & { readonly kind: "consolidation" }): number {
    const { pool, hosts } = this.#centre;
    const { rule, parameter } = policy.overload;
    const threshold = rule === "thr" ? parameter : FALLBACK_THRESHOLD;
    const mips = pool.vmMips[vm] as number;
    const hasSeenEmpty = new Uint8Array(this.#experiment.hostTypes.length);
    let least = Number.POSITIVE_INFINITY;
    let best = GONE;
    for (let host = 0; host < hosts; host++) {
      const isEmpty = this.#mips[host] === pool.mips[host];
      const type = pool.type[host] as number;
      // Empty hosts of a type are all alike.
      if (isEmpty && hasSeenEmpty[type] === 1) continue;
      if (isEmpty) hasSeenEmpty[type] = 1;
      if (!this.#hasFor(host, vm)) continue;
      const total = pool.mips[host] as number;
      // The VMs that are there want nothing yet, so only this one can overload a host.
      if (!isEmpty && mips / total > threshold) continue;
      const used = total - (this.#mips[host] as number);
      const rise = pool.watts(host, (used + mips) / total) - pool.watts(host, 0);
      if (rise < least) {
        least = rise;
        best = host;
      }
    }
    return best;
  }

  take(host: number, vm: number): void {
    const type = this.#typeOf(vm);
    this.#mips[host] = (this.#mips[host] as number) - type.mips;
    this.#memory[host] = (this.#memory[host] as number) - type.memoryMb;
    this.#bandwidth[host] = (this.#bandwidth[host] as number) - type.bandwidthKbps;
  }

  #hasFor(host: number, vm: number): boolean {
    const type = this.#typeOf(vm);
    return (
      (this.#centre.pool.coreMips[host] as number) >= type.mips &&
      (this.#mips[host] as number) >= type.mips &&
      (this.#memory[host] as number) >= type.memoryMb &&
      (this.#bandwidth[host] as number) >= type.bandwidthKbps
    );
  }

  #typeOf(vm: number): CloudSimExperiment["vmTypes"][number] {
    const { vms, vmTypes } = this.#experiment;
    return vmTypes[vms[vm] as number] as CloudSimExperiment["vmTypes"][number];
  }
}
