import { VerificationError } from "../errors.js";
import type { Nanoseconds, PageCount } from "../units.js";
import { Downtime } from "./downtime.js";
import type { Migration } from "./migration.js";
import { handOverNetwork } from "./network.js";
import { EvenPacing } from "./pacing.js";
import { pushPages } from "./push.js";
import type { RoundTally } from "./round-tally.js";
import { giveCpuBack } from "./stolen-cpu.js";
import { stopMirroring } from "./storage.js";

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
  await handOver(m, tally);
}

/**
 * Sends CPU and device state and lets the target take over: the state arrives, the target proves its
 * memory and says it is ready, the source says go. Until "go" has arrived the source can take the guest
 * back; from then on it never may, so exactly one side runs whatever the link does.
 *
 * @param bootNs - For a guest that was off: it has no state and no memory to prove, but boots.
 */
export async function handOver(
  m: Migration,
  tally: RoundTally,
  bootNs?: Nanoseconds,
): Promise<void> {
  m.downtime?.enter("state", m.clock.now());
  if (bootNs === undefined) {
    m.stateBytesSent = await m.target.sendState(m.remaining === 0 ? null : m.pending);
    tally.bytes += m.stateBytesSent;
  }
  m.downtime?.enter("resume", m.clock.now());
  m.endRound(tally);
  const isWhole = m.remaining === 0 && bootNs === undefined;
  const proves = isWhole && m.machine.memory.hasContents && m.options.verify;
  judgeProof(m, await m.target.ready(proves));
  m.throwIfAborted();
  await m.target.run(bootNs ?? 0);
  m.isHandedOver = true;
  m.network = handOverNetwork(m.machine.parts.network, m.options.packetLoss, m.options.random);
  m.reachableAt = m.clock.now() + m.network.delayNs;
  m.downtime?.end(m.clock.now(), m.network.delayNs);
}

/** The guest is not handed over to a wrong memory. */
export function judgeProof(m: Migration, differing: PageCount | null): void {
  if (differing === null) return;
  m.verified = differing === 0;
  if (differing > 0) throw new VerificationError(differing);
}
