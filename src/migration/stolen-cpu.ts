import type { BytesPerSecond } from "../units.js";
import type { Migration } from "./migration.js";

/** A guest always keeps this part of its CPUs. */
const LEAST_LEFT = 0.05;
const GIB = 2 ** 30;

/**
 * Migration's own CPU at the host where the guest runs, as far as the guest has to give it: cost a GiB x
 * rate x contention, spread over the guest's CPUs.
 */
export function stealCpu(m: Migration, secondsPerGiB: number, cap: BytesPerSecond): void {
  const { contention, guestCores } = m.options.host;
  const gibPerSecond = Math.min(m.link.rate(), cap) / GIB;
  const cores = secondsPerGiB * gibPerSecond * contention;
  m.machine.slowDown("stolen-cpu", Math.min(1 - LEAST_LEFT, cores / guestCores));
}

/** Nothing is sent any more. */
export function giveCpuBack(m: Migration): void {
  m.machine.slowDown("stolen-cpu", 0);
}
