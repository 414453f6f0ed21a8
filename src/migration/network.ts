import type { NetworkSpec } from "../machine/spec.js";
import { type Nanoseconds, SECOND, type Share, toMilliseconds } from "../units.js";
import type { Random } from "../world/random.js";
import type { NetworkReport } from "./report.js";

/** How the network came to find the guest at its new place. */
export interface NetworkHandover {
  readonly mode: NetworkReport["mode"];
  readonly announcements: number;
  /** From the resume until packets reach the guest. */
  readonly delayNs: Nanoseconds;
  readonly extraLatencyNs: Nanoseconds;
}

/**
 * Moves the guest's address. On one LAN the target announces it at once and then on QEMU's schedule
 * (announce-initial, -step, -max, -rounds), since each announcement may be lost; the switch forwards by
 * the first it hears. If all are lost it learns from the guest's own next packet, one step after the last.
 * Across LANs a tunnel forwards what arrives at the old place.
 */
export function handOverNetwork(spec: NetworkSpec, loss: Share, random: Random): NetworkHandover {
  switch (spec.kind) {
    case "none":
      return { mode: "none", announcements: 0, delayNs: 0, extraLatencyNs: 0 };
    case "tunnel":
      return {
        mode: "tunnel",
        announcements: 0,
        delayNs: spec.setupNs,
        extraLatencyNs: spec.extraLatencyNs,
      };
    case "announce": {
      let announcements = 1;
      let delayNs = 0;
      for (let lost = random.nextUnit() <= loss; lost; lost = random.nextUnit() <= loss) {
        delayNs += Math.min(spec.initialNs + (announcements - 1) * spec.stepNs, spec.maxNs);
        if (announcements === spec.rounds) break;
        announcements += 1;
      }
      return {
        mode: "announce",
        announcements,
        delayNs: delayNs + spec.learningNs,
        extraLatencyNs: 0,
      };
    }
  }
}

/** The report's view of it; packets for the guest are lost from the pause until it can be reached. */
export function networkReport(
  handover: NetworkHandover | null,
  spec: NetworkSpec,
  downtimeNs: Nanoseconds,
): NetworkReport {
  const packetRate = spec.kind === "none" ? 0 : spec.packetRate;
  return {
    mode: handover?.mode ?? "none",
    announcements: handover?.announcements ?? 0,
    packetsLost: Math.round((packetRate * downtimeNs) / SECOND),
    extraLatencyMs: toMilliseconds(handover?.extraLatencyNs ?? 0),
  };
}
