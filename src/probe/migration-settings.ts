import type { PredictedHosts, PredictedSettings } from "../predict/settings.js";
import type { MigrationInfo } from "../qmp/migration-info.js";
import type { MigrationParameters, QemuMonitor } from "../qmp/qemu-monitor.js";

/** How a QEMU's migration is set up, as a prediction asks for it. */
export interface QemuSettings {
  readonly settings: PredictedSettings;
  /** What shows of the hosts: the accelerator, and a link that the cap does not hold. */
  readonly hosts: Partial<PredictedHosts>;
  readonly mayPostCopy: boolean;
  /** As QEMU has them. */
  readonly parameters: MigrationParameters;
}

/** A window that carries less than this share of the cap was held by something else. */
const HELD_BY_CAP = 0.9;

/** Asks a QEMU how its migration is set up, and what its last window carried. */
export async function settingsOfQemu(
  monitor: QemuMonitor,
  info: MigrationInfo,
): Promise<QemuSettings> {
  const parameters = await monitor.queryParameters();
  const capabilities = await monitor.queryCapabilities();
  const accelerator = (await monitor.isKvm()) ? "kvm" : "tcg";
  const [major, minor] = monitor.connection.greeting.version;
  const number = (name: string, fallback: number): number =>
    typeof parameters[name] === "number" ? parameters[name] : fallback;
  const cap = number("max-bandwidth", 0);
  const maxBandwidth = cap > 0 ? cap : Number.POSITIVE_INFINITY;
  const carried = ((info.ram?.mbps ?? 0) * 1e6) / 8;
  const isHeldByLink = carried > 0 && carried < HELD_BY_CAP * maxBandwidth;
  return {
    settings: {
      profile: major > 8 || (major === 8 && minor >= 1) ? "qemu-10" : "qemu-7.2",
      maxBandwidth,
      downtimeLimitMs: number("downtime-limit", 300),
      xbzrleCacheBytes: capabilities["xbzrle"] ? number("xbzrle-cache-size", 2 ** 26) : null,
      autoConverge: capabilities["auto-converge"]
        ? {
            initial: number("cpu-throttle-initial", 20) / 100,
            increment: number("cpu-throttle-increment", 10) / 100,
            max: number("max-cpu-throttle", 99) / 100,
            trigger: number("throttle-trigger-threshold", 50) / 100,
          }
        : null,
      postCopyAfterMs: null,
      stopFirst: false,
    },
    hosts: { accelerator, ...(isHeldByLink ? { linkBandwidth: carried } : {}) },
    mayPostCopy: capabilities["postcopy-ram"] === true,
    parameters,
  };
}
