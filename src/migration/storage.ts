import { oneMinusExp } from "../elementary.js";
import { NotConvergedError } from "../errors.js";
import {
  type Bytes,
  type BytesPerSecond,
  type Nanoseconds,
  SECOND,
  toMilliseconds,
} from "../units.js";
import type { Migration } from "./migration.js";

/** Granularity of the disk's dirty bitmap; QEMU's drive-mirror default for its 64 KiB clusters. */
const BLOCK_BYTES: Bytes = 65_536;
/** The mirror is as good as in step when the dirty blocks cross within this time. */
const IN_STEP_NS: Nanoseconds = 10_000_000;
/** Disk is copied in slices, so that an abort is heard. */
const SLICES = 64;
/** Passes that a mirror may take to get into step. */
const MAX_PASSES = 100;

/** A mirror that is in step: each write to the disk also crosses the link. */
export interface Mirroring {
  readonly since: Nanoseconds;
  readonly rate: BytesPerSecond;
}

/**
 * Moves a local disk before memory: a bulk copy, then passes over the blocks written meanwhile until what
 * is left crosses in no time; from then on each write also crosses the link and takes its rate from the
 * pages. Blocks dirtied by uniform writes are counted by their mean, B (1 - exp(-r t / B)). Does nothing for a shared disk.
 */
export async function mirrorDisk(m: Migration, isGuestRunning: boolean): Promise<void> {
  const { disk } = m.machine.parts;
  if (disk.kind !== "local") return;
  const startedAt = m.clock.now();
  const writeRate = isGuestRunning ? disk.writeRate : 0;
  let bytesSent = 0;
  let left = disk.bytes;
  for (let passes = 1; left > 0; passes++) {
    const passStart = m.clock.now();
    const isInStep = passes > 1 && (left / m.link.rate()) * SECOND <= IN_STEP_NS;
    if (passes > MAX_PASSES)
      throw neverInStep(`after ${MAX_PASSES} passes ${left} bytes are dirty`);
    await copyBlocks(m, left);
    bytesSent += left;
    const durationMs = toMilliseconds(m.clock.now() - startedAt);
    m.storage = { durationMs, passes, bytesSent, mirroredBytes: 0 };
    left = isInStep ? 0 : dirtyBytes(disk.bytes, writeRate, m.clock.now() - passStart);
  }
  if (m.link.reserve(writeRate) < writeRate) throw neverInStep(`it takes ${writeRate} bytes/s`);
  m.mirroring = { since: m.clock.now(), rate: writeRate };
}

function neverInStep(why: string): NotConvergedError {
  return new NotConvergedError(`the disk is written faster than the link carries it: ${why}`);
}

/** The guest has stopped, or stays: nothing more to mirror. */
export function stopMirroring(m: Migration): void {
  m.link.reserve(0);
  if (!m.storage || !m.mirroring) return;
  const { since, rate } = m.mirroring;
  const mirroredBytes = Math.round((rate * (m.clock.now() - since)) / SECOND);
  m.mirroring = null;
  m.storage = { ...m.storage, mirroredBytes, bytesSent: m.storage.bytesSent + mirroredBytes };
}

async function copyBlocks(m: Migration, bytes: Bytes): Promise<void> {
  const slice = Math.max(BLOCK_BYTES, Math.ceil(bytes / SLICES));
  for (let left = bytes; left > 0; left -= slice) {
    m.throwIfAborted();
    await m.link.transmit(Math.min(slice, left), m.options.maxBandwidth);
    await m.showProgress("storage", 0);
  }
}

function dirtyBytes(diskBytes: Bytes, writeRate: number, length: Nanoseconds): Bytes {
  const blocks = Math.ceil(diskBytes / BLOCK_BYTES);
  const writes = ((writeRate / BLOCK_BYTES) * length) / SECOND;
  return Math.min(diskBytes, Math.round(blocks * oneMinusExp(writes / blocks)) * BLOCK_BYTES);
}
