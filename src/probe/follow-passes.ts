import process from "node:process";
import { PeerFailedError } from "../errors.js";
import type { Observation } from "../observe/observation.js";
import { PassCurve, passSample } from "../observe/passes.js";
import { isOver } from "../qmp/migration-info.js";
import type { QemuMonitor } from "../qmp/qemu-monitor.js";
import type { Milliseconds } from "../units.js";
import type { ProbeListener } from "./observe-process.js";
import { pauseUntil } from "./pauses.js";

/** Between two questions; a pass of 100 ms is seen twice. */
const POLL_MS: Milliseconds = 50;

/** Observes a guest from the passes of its migration, until that is over or the time is up. */
export async function followPasses(
  monitor: QemuMonitor,
  options: {
    readonly forMs: Milliseconds;
    readonly onProgress?: ProbeListener;
    readonly signal?: AbortSignal;
  },
): Promise<Observation> {
  const { forMs, onProgress, signal } = options;
  const { address } = monitor.connection;
  const cpuBefore = process.cpuUsage();
  const passes = new PassCurve();
  const stopListening = monitor.connection.onEvent(({ event, data }) => {
    const { pass } = data;
    if (event === "MIGRATION_PASS" && typeof pass === "number") {
      passes.event(pass, performance.now());
    }
  });
  const began = performance.now();
  try {
    for (let elapsed = 0; elapsed < forMs; elapsed = performance.now() - began) {
      const info = await monitor.queryMigrate();
      const sample = passSample(info, performance.now());
      if (sample !== null) passes.sample(sample);
      if (isOver(info) || info.status.startsWith("postcopy")) break;
      onProgress?.({ phase: "changes", share: elapsed / forMs });
      await pauseUntil(performance.now() + POLL_MS, signal);
    }
  } finally {
    stopListening();
  }
  const observation = passes.observation(`the migration of QEMU at ${address}`);
  if (observation === null) {
    const reason =
      "no pass of its migration ended while it was observed, so nothing is known of D(t)";
    throw new PeerFailedError(address, reason);
  }
  const { user, system } = process.cpuUsage(cpuBefore);
  const cost = { cpuMs: (user + system) / 1000, bytesRead: 0, guestPausedMs: 0 };
  return { ...observation, cost };
}
