import { VerificationError } from "../errors.js";
import type { Bytes, Nanoseconds } from "../units.js";
import { Downtime } from "./downtime.js";
import type { Migration } from "./migration.js";
import { handOverNetwork } from "./network.js";
import { EvenPacing } from "./pacing.js";
import { pushPages } from "./push.js";
import type { RoundTally } from "./round-tally.js";
import { giveCpuBack } from "./stolen-cpu.js";
import { stopMirroring } from "./storage.js";

/** Bytes that say which pages the target must not use: a range of two u64 a run, or a bitmap where that is shorter. */
const DISCARD_RANGE_BYTES = 16;

/**
 * Stops the guest; the downtime begins. Nothing slows the guest or takes part of the link any more.
 *
 * @param shutdownNs - What a guest that is moved powered off needs to shut down.
 */
export async function pauseGuest(m: Migration, shutdownNs: Nanoseconds = 0): Promise<void> {
  m.downtime = new Downtime(m.clock.now());
  await m.machine.pause();
  stopMirroring(m);
  m.machine.slowDown("throttle", 0);
  giveCpuBack(m);
  m.throttle = { ...m.throttle, throttle: 0 };
  await m.clock.sleepUntil(m.clock.now() + shutdownNs);
  m.downtime.enter("finalPages", m.clock.now());
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
  await handOver(m, tally, { stateBytes: m.machine.stateBytes });
}

/** What moves beside the pages, and what the target does before the guest runs. */
export interface Handover {
  /** CPU context, device state and what else the target has to know. */
  readonly stateBytes: Bytes;
  /** A guest that was off boots, and has no memory to prove. */
  readonly bootNs?: Nanoseconds;
}

/**
 * Sends CPU and device state and lets the target take over: the state arrives, the target proves its
 * memory and says it is ready, the source says go. Until "go" has arrived the source can take the guest
 * back; from then on it never may, so exactly one side runs whatever the link does.
 */
export async function handOver(m: Migration, tally: RoundTally, handover: Handover): Promise<void> {
  m.downtime?.enter("state", m.clock.now());
  await m.link.transmit(handover.stateBytes, Number.POSITIVE_INFINITY);
  tally.bytes += handover.stateBytes;
  m.stateBytesSent = handover.stateBytes;
  m.downtime?.enter("resume", m.clock.now());
  m.endRound(tally);
  await m.link.arrive();
  const { disk } = m.machine.parts;
  if (disk.kind === "shared") await m.clock.sleepUntil(m.clock.now() + disk.reconnectNs);
  if (m.remaining === 0 && handover.bootNs === undefined) proveMemory(m);
  await m.link.arrive();
  m.throwIfAborted();
  await m.link.arrive();
  m.isHandedOver = true;
  await m.clock.sleepUntil(m.clock.now() + (handover.bootNs ?? 0));
  await m.target.activate();
  m.network = handOverNetwork(m.machine.parts.network, m.options.packetLoss, m.options.random);
  m.reachableAt = m.clock.now() + m.network.delayNs;
  m.downtime?.end(m.clock.now(), m.network.delayNs);
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
