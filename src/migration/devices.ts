import { MigrationBlockedError } from "../errors.js";
import type { Migration } from "./migration.js";

/** Refuses guests that cannot be moved while they run. */
export function refuseBlockingDevices(m: Migration): void {
  for (const { name, passthrough, failover } of m.machine.parts.devices) {
    if (!passthrough || failover) continue;
    throw new MigrationBlockedError(
      name,
      "it is assigned directly to the guest; give it a virtual stand-in (failover) or move the guest cold and powered off",
    );
  }
}

/** Takes directly assigned devices away before the guest moves; it works on their stand-ins, as slow as they make it. */
export async function unplugDevices(m: Migration): Promise<void> {
  let speed = 1;
  for (const { passthrough, failover } of m.machine.parts.devices) {
    if (!passthrough || !failover) continue;
    m.throwIfAborted();
    m.unplugged.push(failover);
    speed *= 1 - failover.degradation;
    m.machine.slowDown("stand-in", 1 - speed);
    await m.clock.sleepUntil(m.clock.now() + failover.unplugNs);
  }
}

/** Gives them back where the guest runs now. */
export async function replugDevices(m: Migration): Promise<void> {
  if (m.unplugged.length === 0) return;
  for (const { replugNs } of m.unplugged.splice(0)) {
    await m.clock.sleepUntil(m.clock.now() + replugNs);
  }
  m.machine.slowDown("stand-in", 0);
}
