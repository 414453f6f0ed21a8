import type { Nanoseconds, Share } from "../../units.js";
import { SECOND } from "../../units.js";

/** How much of its virtual CPUs a VM wants, over time. Times count from the VM's arrival for `trace`, from the simulation's start for the others. */
export type Demand =
  | { readonly kind: "constant"; readonly share: Share }
  /** A day's wave between `low` and `high`, highest at `peakNs` of the day. */
  | {
      readonly kind: "diurnal";
      readonly low: Share;
      readonly high: Share;
      readonly peakNs: Nanoseconds;
    }
  /** One value an interval, the last of which holds on. */
  | {
      readonly kind: "trace";
      readonly intervalNs: Nanoseconds;
      readonly shares: ArrayLike<Share>;
    };

const DAY: Nanoseconds = 86_400 * SECOND;

/**
 * The demand at an instant.
 *
 * @param now - Since the simulation's start.
 * @param arrivedAt - When the VM came.
 */
export function demandAt(demand: Demand, now: Nanoseconds, arrivedAt: Nanoseconds): Share {
  switch (demand.kind) {
    case "constant":
      return demand.share;
    case "diurnal": {
      const { low, high, peakNs } = demand;
      return low + (high - low) * wave((now - peakNs) / DAY);
    }
    case "trace": {
      const { shares, intervalNs } = demand;
      const at = Math.floor((now - arrivedAt) / intervalNs);
      return shares[Math.max(0, Math.min(shares.length - 1, at))] ?? 0;
    }
  }
}

/** (1 + cos 2 pi x) / 2 within 0.2 %, from additions and products alone, since engines differ in the last bits of a cosine (Bhaskara I). */
function wave(days: number): number {
  const turn = days - Math.floor(days);
  const half = turn < 0.5 ? turn : 1 - turn;
  // Bhaskara: cos(pi y) is (1 - 4 y^2) / (1 + y^2) for |y| <= 1/2.
  const y = 2 * half;
  const cosine = y <= 0.5 ? quarter(y) : -quarter(1 - y);
  return (1 + cosine) / 2;
}

function quarter(y: number): number {
  return (1 - 4 * y * y) / (1 + y * y);
}
