import type { Bytes, Milliseconds } from "../../units.js";
import type { Steering } from "../steering.js";
import { type Platform, plainSettings } from "./platform.js";

/** `migrate_downtime`, and QEMU's most. */
const DOWNTIME_MS: Milliseconds = 100;
const MOST_DOWNTIME_MS: Milliseconds = 2_000_000;
/** How often what remains must have grown for the limit to be doubled: `$downtimecounter > 5`. */
const GROWTHS = 6;
/** It looks every second, and ten times as often once less remains than was sent in a second. */
const LOOK_MS: Milliseconds = 1000;
const CLOSE_LOOK_MS: Milliseconds = 100;

/** XBZRLE and auto-converge on, no timeout, and a downtime limit that doubles until it is enough. */
export const proxmox: Platform<"proxmox"> = {
  name: "proxmox",
  does: "turns on XBZRLE with a tenth of the memory and auto-converge, and doubles a limit of 100 ms when what remains has grown six times; never aborts",
  source:
    "proxmox/qemu-server of 2026-08-17, src/PVE/QemuMigrate.pm: migrate_downtime, increase_migrate_downtime; QemuMigrate/Helpers.pm: set_migration_caps",
  settings: (settings, memory) => ({
    ...plainSettings(settings, DOWNTIME_MS),
    xbzrleCacheBytes: cacheBytes(memory),
    autoConverge: { initial: 0.2, increment: 0.1, max: 0.99, trigger: 0.5 },
  }),
  steering: doubling,
};

/** `round_powerof2` of a tenth of the memory: up. */
function cacheBytes(memory: Bytes): Bytes {
  return 2 ** Math.ceil(Math.log2(Math.max(2, Math.floor(memory / 10))));
}

function doubling(): Steering {
  let limitMs = DOWNTIME_MS;
  let growths = 0;
  let isClose = false;
  let lookedAtMs: Milliseconds = 0;
  return {
    orders: [],
    // Within a pass what remains shrinks; it grows when the dirty log is looked at.
    afterPass: ({ nowMs, remainingBytes, sentBytes }) => {
      if (nowMs - lookedAtMs < (isClose ? CLOSE_LOOK_MS : LOOK_MS)) return null;
      lookedAtMs = nowMs;
      isClose ||= remainingBytes < (sentBytes / nowMs) * 1000;
      growths += 1;
      if (growths < GROWTHS) return null;
      growths = 0;
      limitMs = Math.min(limitMs * 2, MOST_DOWNTIME_MS);
      return [{ atMs: nowMs, order: { kind: "downtime-limit", ms: limitMs } }];
    },
  };
}
