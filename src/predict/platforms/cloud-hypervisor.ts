import type { Milliseconds } from "../../units.js";
import { type Platform, plainSettings } from "./platform.js";

/** `downtime_ms` and `timeout_s` of `send-migration`. */
const DOWNTIME_MS: Milliseconds = 300;
const TIMEOUT_MS: Milliseconds = 3_600_000;

/**
 * Cloud Hypervisor's rules on QEMU's loop: what is left must fit `downtime_ms` at the bandwidth of the last
 * pass. Its own loop sends whole passes, has no windows of 100 ms and looks at its timeout between passes.
 */
export const cloudHypervisor: Platform<"cloud-hypervisor"> = {
  name: "cloud-hypervisor",
  does: "switches over when what is left takes 300 ms; cancels after an hour",
  source:
    "cloud-hypervisor/cloud-hypervisor of 2026-08-20, vmm/src/api/mod.rs: downtime_ms, timeout_s, timeout_strategy=cancel; vmm/src/lib.rs: is_precopy_converged",
  settings: (settings) => plainSettings(settings, DOWNTIME_MS),
  steering: () => ({
    orders: [
      {
        atMs: TIMEOUT_MS,
        order: { kind: "abort", because: "Cloud Hypervisor's timeout_s of 3600 s is over" },
      },
    ],
  }),
};
