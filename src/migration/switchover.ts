import { VerificationError } from "../errors.js";
import type { Bytes } from "../units.js";
import type { Migration } from "./migration.js";
import { handOverNetwork } from "./network.js";
import { EvenPacing } from "./pacing.js";
import { pushPages } from "./push.js";
import type { RoundTally } from "./round-tally.js";
import { stopMirroring } from "./storage.js";

/** Bytes that say which pages the target must not use: a range of two u64 a run, or a bitmap where that is shorter. */
const DISCARD_RANGE_BYTES = 16;

/** Stops the guest; the downtime begins. */
export async function pauseGuest(m: Migration): Promise<void> {
  const pausedAt = m.clock.now();
  m.downtime = {
    pausedAt,
    stoppedAt: pausedAt,
    pagesSentAt: pausedAt,
    stateSentAt: pausedAt,
    resumedAt: pausedAt,
  };
  await m.machine.pause();
  stopMirroring(m);
  m.downtime.stoppedAt = m.clock.now();
}

/** Takes in the last writes of a guest that has stopped. */
export function harvestStopped(m: Migration): void {
  m.generation += 1;
  m.remaining += m.machine.harvest(m.pending);
}

/** The final burst of pre-copy: every dirty page, at the line's full rate, then the state and the handover. */
export async function switchOver(m: Migration): Promise<void> {
  await pauseGuest(m);
  harvestStopped(m);
  const tally = m.beginRound("stop-and-copy");
  m.cursor = 0;
  const pacing = new EvenPacing(m.link, Number.POSITIVE_INFINITY);
  await pushPages(m, tally, { pacing, order: null, isFinal: true });
  await handOver(m, tally, m.machine.stateBytes);
}

/**
 * Sends CPU and device state and lets the target take over: the state arrives, the target proves its
 * memory and says it is ready, the source says go. Until "go" has arrived the source can take the guest
 * back; from then on it never may, so exactly one side runs whatever the link does.
 */
export async function handOver(m: Migration, tally: RoundTally, stateBytes: Bytes): Promise<void> {
  const marks = m.downtime;
  if (!marks) throw new Error("the guest must be paused before it is handed over");
  marks.pagesSentAt = m.clock.now();
  await m.link.transmit(stateBytes, Number.POSITIVE_INFINITY);
  tally.bytes += stateBytes;
  m.stateBytesSent = stateBytes;
  marks.stateSentAt = m.clock.now();
  m.endRound(tally);
  await m.link.arrive();
  const { disk } = m.machine.parts;
  if (disk.kind === "shared") await m.clock.sleepUntil(m.clock.now() + disk.reconnectNs);
  if (m.remaining === 0 && m.pageBytesSent > 0) proveMemory(m);
  await m.link.arrive();
  await m.link.arrive();
  m.isHandedOver = true;
  m.machine.slowDown("throttle", 0);
  await m.target.activate();
  marks.resumedAt = m.clock.now();
  m.network = handOverNetwork(m.machine.parts.network, m.options.packetLoss, m.options.random);
}

/** Bytes of the message that names absent pages. */
export function discardBytes(m: Migration): Bytes {
  const { pageCount } = m.pending;
  return Math.min(m.pending.countRuns() * DISCARD_RANGE_BYTES, Math.ceil(pageCount / 8));
}

/** Compares every page at the target with what the source held at its stop; the guest is not handed over to a wrong memory. */
function proveMemory(m: Migration): void {
  if (!m.machine.memory.hasContents || !m.options.verify) return;
  const differing = m.target.memory.countDiffering();
  m.verified = differing === 0;
  if (differing > 0) throw new VerificationError(differing);
}
