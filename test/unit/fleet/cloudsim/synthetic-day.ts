import { Random } from "../../../../src/world/random.js";

/**
 * CPU percentages of a made-up day, 288 whole numbers a VM, of the kinds that PlanetLab's have: level with
 * noise, with bursts, idle for hours (CloudSim takes a VM that wants nothing at a look to be done), flat.
 */
export function syntheticDay(vms: number, seed: number): number[][] {
  const random = new Random(seed);
  return Array.from({ length: vms }, (_, vm) => {
    const level = random.nextBelow(40);
    const noise = 1 + random.nextBelow(25);
    const burst = random.nextBelow(60);
    const isFlat = vm % 11 === 10;
    const isIdleAfter = vm % 13 === 12 ? random.nextBelow(288) : 288;
    return Array.from({ length: 288 }, (_, interval) => {
      if (interval >= isIdleAfter) return 0;
      if (isFlat) return level;
      const isBurst = (interval + 7 * vm) % 60 < 9;
      return Math.min(100, level + random.nextBelow(noise) + (isBurst ? burst : 0));
    });
  });
}
