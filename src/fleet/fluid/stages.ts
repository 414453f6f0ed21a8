import type { NetworkSpec } from "../../machine/spec.js";
import type { BytesPerSecond, Nanoseconds } from "../../units.js";
import type { EngineMigration, OpenDowntime, Stage } from "./engine-migration.js";
import { recordBytes } from "./flavour.js";
import type { MigrationPhase, Step } from "./migration.js";
import type { GuestPlace } from "./mover.js";

const NONE: BytesPerSecond = Number.POSITIVE_INFINITY;
/** Bytes that name a run of absent pages to the target. */
const DISCARD_RANGE_BYTES = 16;

/** A message's flight. */
export function flight({ path }: EngineMigration): Nanoseconds {
  return Math.ceil(path.roundTripNs / 2);
}

/** A wait; null where there is nothing to wait for. */
export function wait(ns: Nanoseconds, phase: MigrationPhase, guest: GuestPlace): Step | null {
  return ns > 0 ? { kind: "wait", ns, phase, guest } : null;
}

/** The target agrees to take the guest and reserves its memory: there and back. */
export const setUp: Stage = (m, _done, calls) =>
  calls === 0 ? wait(2 * flight(m), "setup", m.downtime ? "stopped" : "source") : null;

/** Directly assigned devices go one after the other; the guest works on their stand-ins, as slow as they make it. */
export const unplug: Stage = (m, done, calls) => {
  lose(m, done.elapsedNs, done.guestNs);
  if (m.flavour.parts.devices.length === 0) return null;
  const devices = m.flavour.parts.devices.flatMap(({ passthrough, failover }) =>
    passthrough && failover ? [failover] : [],
  );
  const failover = devices[calls];
  if (!failover) return null;
  m.standIn = 1 - (1 - m.standIn) * (1 - failover.degradation);
  return { kind: "wait", ns: failover.unplugNs, phase: "setup", guest: "source" };
};

/** Counts guest time that the migration takes; answers what is left of it. */
export function lose(
  m: EngineMigration,
  elapsedNs: Nanoseconds,
  guestNs: Nanoseconds,
): Nanoseconds {
  const left = guestNs * (1 - m.slowdown);
  m.lostNs += elapsedNs > 0 ? guestNs - left : 0;
  return left;
}

/** Stops the guest: nothing slows it or crosses beside the pages any more. */
export const pause: Stage = (m, done, calls) => {
  const { pauseNs, power, shutdownNs } = m.flavour.parts;
  if (calls === 0) {
    m.downtime = { since: done.now, pause: 0, finalPages: 0, state: 0, resume: 0, network: 0 };
    m.mirrorRate = 0;
    m.standIn = 0;
    if (m.throttle.throttle > 0) m.throttle = { ...m.throttle, throttle: 0 };
    const isOff = m.flavour.strategy === "cold" && power === "off";
    const step = wait(pauseNs + (isOff ? shutdownNs : 0), "stop-and-copy", "stopped");
    if (step) return step;
  }
  (m.downtime as OpenDowntime).pause += done.elapsedNs;
  return null;
};

/** The final burst of pre-copy: every dirty page at whatever the network gives. */
export const finalPages: Stage = (m, done, calls) => {
  const bytes = recordBytes(m.remaining, m.zero);
  if (calls === 0 && bytes > 0) {
    return { kind: "transfer", bytes, cap: NONE, phase: "stop-and-copy", guest: "stopped" };
  }
  (m.downtime as OpenDowntime).finalPages += done.elapsedNs;
  m.pageBytes += bytes;
  m.remaining = 0;
  m.zero = 0;
  return null;
};

/** CPU and device state; where pages are to follow, also which of them the target must not use. */
export const sendState: Stage = (m, done, calls) => {
  const isOff = m.flavour.strategy === "cold" && m.flavour.parts.power === "off";
  const bytes = isOff ? 0 : m.flavour.stateBytes + discardBytes(m);
  if (calls === 0 && bytes > 0) {
    return { kind: "transfer", bytes, cap: NONE, phase: "handover", guest: "stopped" };
  }
  (m.downtime as OpenDowntime).state += done.elapsedNs;
  m.stateBytes += bytes;
  return null;
};

/** A run of absent pages is a range, or their bitmap where that is shorter; pages dirtied at random make as many runs as ends. */
function discardBytes({ remaining, flavour: { pages } }: EngineMigration): number {
  if (remaining === 0) return 0;
  const runs = Math.max(1, Math.round(remaining * (1 - remaining / pages)));
  return Math.min(runs * DISCARD_RANGE_BYTES, Math.ceil(pages / 8));
}

/** The state arrives, the target says ready, the source says go; from then on the guest is the target's, and the network has to find it. */
export const handOver: Stage = (m, done, calls) => {
  const { disk, network, resumeNs, bootNs, power } = m.flavour.parts;
  const isOff = m.flavour.strategy === "cold" && power === "off";
  const downtime = m.downtime as OpenDowntime;
  if (calls === 0) {
    const reconnectNs = disk.kind === "shared" ? disk.reconnectNs : 0;
    const ns = 3 * flight(m) + reconnectNs + (isOff ? bootNs : 0) + resumeNs;
    const step = wait(ns, "handover", "stopped");
    if (step) return step;
  }
  downtime.resume += done.elapsedNs;
  downtime.network = networkDelay(network, m.flavour.options.packetLoss);
  m.reachableAt = done.now + downtime.network;
  m.isHandedOver = true;
  return null;
};

/** From the resume until packets reach the guest: the mean over announcements that may be lost, on QEMU's schedule. */
export function networkDelay(spec: NetworkSpec, loss: number): Nanoseconds {
  if (spec.kind === "none") return 0;
  if (spec.kind === "tunnel") return spec.setupNs;
  let delayNs = 0;
  let lost = loss;
  for (let sent = 1; sent <= spec.rounds && lost > 0; sent++, lost *= loss) {
    delayNs += lost * Math.min(spec.initialNs + (sent - 1) * spec.stepNs, spec.maxNs);
  }
  return Math.round(delayNs) + spec.learningNs;
}

/** The network finds the guest, and devices that were unplugged come back. */
export const settleIn: Stage = (m, done, calls) =>
  calls === 0
    ? wait(Math.max(0, m.reachableAt - done.now) + replugNs(m), "settling", "target")
    : null;

/** Nothing was handed over: the guest runs on at the source. */
export const resumeAtSource: Stage = (m, done, calls) => {
  m.mirrorRate = 0;
  m.throttle = { ...m.throttle, throttle: 0 };
  const { resumeNs, bootNs, power } = m.flavour.parts;
  if (calls === 0 && m.downtime) {
    const isOff = m.flavour.strategy === "cold" && power === "off";
    const step = wait(resumeNs + (isOff ? bootNs : 0), "settling", "stopped");
    if (step) return step;
  }
  if (m.downtime) {
    const { since, pause: paused, finalPages: pages, state } = m.downtime;
    m.downtime.resume = done.now - since - paused - pages - state;
  }
  return null;
};

/** Gives devices back at the source. */
export const replug: Stage = (m, _done, calls) => {
  const step = calls === 0 ? wait(replugNs(m), "settling", "source") : null;
  if (!step) m.standIn = 0;
  return step;
};

function replugNs({ flavour: { parts } }: EngineMigration): Nanoseconds {
  return parts.devices.reduce((sum, { passthrough, failover }) => {
    return sum + (passthrough && failover ? failover.replugNs : 0);
  }, 0);
}
