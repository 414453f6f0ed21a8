import type { MachineParts } from "../../machine/spec.js";
import { fromMilliseconds, MILLISECOND, SECOND } from "../../units.js";
import type { Flavour } from "../model/flavour.js";

/** What belongs to a VM of a flavour beside its memory; what a flavour does not say is as a scenario's defaults have it. */
export function machinePartsOf(flavour: Flavour, bootNs: number): MachineParts {
  return {
    cpuStateBytes: flavour.stateBytes,
    devices: flavour.assignedDevices.map(({ name, hasStandIn, standInSlowdown }) => ({
      name,
      stateBytes: 0,
      passthrough: true,
      failover: hasStandIn
        ? { unplugNs: SECOND, replugNs: SECOND, degradation: standInSlowdown }
        : null,
    })),
    disk:
      flavour.localDiskBytes > 0
        ? { kind: "local", bytes: flavour.localDiskBytes, writeRate: flavour.diskWriteRate }
        : { kind: "none" },
    network: {
      kind: "announce",
      initialNs: 50 * MILLISECOND,
      stepNs: 100 * MILLISECOND,
      maxNs: 550 * MILLISECOND,
      rounds: 5,
      learningNs: fromMilliseconds(flavour.networkSwitchMs),
      packetRate: 0,
    },
    power: "suspended",
    pauseNs: MILLISECOND,
    resumeNs: 5 * MILLISECOND,
    shutdownNs: 5 * SECOND,
    bootNs,
  };
}
