import { formatRate } from "../../quantity-text.js";
import type { Flavour } from "../model/flavour.js";
import type { Fleet } from "../model/fleet.js";
import { fluidEstimator } from "./move-outlook.js";

/** What is known of a flavour before anything moves. */
export interface Foreseen {
  readonly flavour: string;
  /** VMs of it. */
  readonly vms: number;
  /** Why their moves will not work, and what would make them. */
  readonly because: string;
}

/** Flavours whose VMs cannot be moved as they should be, even where one of them has the fastest network card to itself. */
export function foreseen(fleet: Fleet): Foreseen[] {
  const estimate = fluidEstimator(fleet);
  const nic = fleet.hosts.reduce((most, { type }) => Math.max(most, type.nic), 0);
  const first = new Map<number, number>();
  const counts = new Map<number, number>();
  for (let vm = 0; vm < fleet.vms.count; vm++) {
    const flavour = fleet.vms.flavour[vm] as number;
    if (!first.has(flavour)) first.set(flavour, vm);
    counts.set(flavour, (counts.get(flavour) ?? 0) + 1);
  }
  return [...first].flatMap(([index, vm]): Foreseen[] => {
    const { converges, because } = estimate(vm, nic, null);
    if (converges !== false) return [];
    const { name } = fleet.flavours[index] as Flavour;
    const over = `over ${formatRate(nic)}, ${because}`;
    return [{ flavour: name, vms: counts.get(index) ?? 0, because: over }];
  });
}
