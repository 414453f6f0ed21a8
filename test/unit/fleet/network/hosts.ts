import type { Host } from "../../../../src/fleet/model/host.js";

/** Hosts h0, h1, ... of one type, with 10 Gbit/s cards. */
export function hosts(
  count: number,
  place: (host: number) => { rack: number; site: number } = () => ({ rack: 0, site: 0 }),
): Host[] {
  const power = { watts: [100, 200], sleepWatts: 5, sleepNs: 0, wakeNs: 0 };
  const room = { memoryBytes: 2 ** 36, diskBytes: Infinity };
  const type = { name: "t", cores: 2, coreSpeed: 1, nic: 1.25e9, power, pricePerHour: 0, ...room };
  return Array.from({ length: count }, (_, i) => ({ name: `h${i}`, type, ...place(i) }));
}
