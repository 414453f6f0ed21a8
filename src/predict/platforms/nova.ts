import type { Bytes, Milliseconds, Share } from "../../units.js";
import type { Order, TimedOrder } from "../steering.js";
import { type Platform, plainSettings } from "./platform.js";

const SOURCE =
  "openstack/nova of 2026-08-21, nova/conf/libvirt.py and nova/virt/libvirt/migration.py";

/** `live_migration_downtime`, `live_migration_downtime_steps`, `live_migration_downtime_delay` (seconds per GiB). */
const DOWNTIME_MS: Milliseconds = 500;
const STEPS = 10;
const DELAY_PER_GIB_S = 75;
/** `live_migration_completion_timeout`, seconds per GiB. */
const COMPLETION_TIMEOUT_PER_GIB_S = 800;
/** `sleep_time` of the loop that watches. */
const LOOK_MS: Milliseconds = 500;

/** No guest counts as less than 2 GiB. */
function gibibytes(memory: Bytes): number {
  return Math.max(2, memory / 2 ** 30);
}

/** `downtime_steps`: from a tenth of the downtime to all of it. */
function ladder(memory: Bytes, phase: Share): TimedOrder[] {
  const delayS = Math.floor(DELAY_PER_GIB_S * gibibytes(memory));
  const base = DOWNTIME_MS / STEPS;
  const offset = (DOWNTIME_MS - base) / STEPS;
  return Array.from({ length: STEPS }, (_, index) => ({
    atMs: delayS * (index + 1) * 1000 + LOOK_MS * phase,
    order: { kind: "downtime-limit", ms: Math.floor(base + offset * (index + 1)) },
  }));
}

function nova<Name extends string>(
  name: Name,
  option: string,
  does: string,
  atTimeout: Order,
): Platform<Name> {
  return {
    name,
    does: `raises the limit from 50 to 500 ms in 10 steps of 75 s per GiB; ${does} after 800 s per GiB`,
    source: `${SOURCE}: live_migration_downtime, live_migration_completion_timeout, ${option}`,
    settings: (settings) => plainSettings(settings, DOWNTIME_MS / STEPS),
    steering: (memory, phase) => {
      const seconds = Math.floor(COMPLETION_TIMEOUT_PER_GIB_S * gibibytes(memory));
      const end = { atMs: seconds * 1000 + LOOK_MS * phase, order: atTimeout };
      return { orders: [...ladder(memory, phase), end] };
    },
  };
}

/** As it comes: `live_migration_timeout_action = abort`. */
export const novaAbort: Platform<"nova"> = nova(
  "nova",
  "live_migration_timeout_action = abort",
  "aborts",
  {
    kind: "abort",
    because: "Nova's live_migration_completion_timeout is over",
  },
);

/** `live_migration_timeout_action = force_complete` without post-copy. */
export const novaPause: Platform<"nova-force-complete"> = nova(
  "nova-force-complete",
  "live_migration_timeout_action = force_complete",
  "pauses the guest",
  { kind: "pause" },
);

/** The same with `live_migration_permit_post_copy`. */
export const novaPostCopy: Platform<"nova-post-copy"> = nova(
  "nova-post-copy",
  "live_migration_timeout_action = force_complete and live_migration_permit_post_copy",
  "switches to post-copy",
  { kind: "post-copy" },
);
