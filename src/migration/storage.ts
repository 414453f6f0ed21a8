import { oneMinusExp } from "../elementary.js";
import { NotConvergedError } from "../errors.js";
import { type Bytes, type Nanoseconds, SECOND, toMilliseconds } from "../units.js";
import type { Migration } from "./migration.js";
import type { StorageReport } from "./report.js";

/** Granularity of the disk's dirty bitmap; QEMU's drive-mirror default for its 64 KiB clusters. */
const BLOCK_BYTES: Bytes = 65_536;
/** The mirror is as good as in step when the dirty blocks cross within this time. */
const IN_STEP_NS: Nanoseconds = 10_000_000;
/** Disk is copied in slices, so that an abort is heard. */
const SLICES = 64;
/** Passes that a mirror may take to get into step. */
const MAX_PASSES = 100;

/**
 * Moves a local disk before memory: a bulk copy, then passes over the blocks written meanwhile until the
 * mirror is in step; from then on each write also crosses the link and takes its rate from the pages. Blocks dirtied
 * by uniform writes are counted by their mean, B (1 - exp(-r t / B)). Does nothing for a shared disk.
 */
export async function mirrorDisk(m: Migration, isGuestRunning: boolean): Promise<void> {
  const { disk } = m.machine.parts;
  if (disk.kind !== "local") return;
  const startedAt = m.clock.now();
  const writeRate = isGuestRunning ? disk.writeRate : 0;
  let passes = 0;
  let bytesSent = 0;
  for (let left = disk.bytes; ; passes++) {
    if (passes === MAX_PASSES) {
      throw new NotConvergedError(
        `the disk is written faster than the link carries it: after ${passes} passes ${left} bytes are still dirty`,
      );
    }
    const passStart = m.clock.now();
    await copyBlocks(m, left);
    bytesSent += left;
    left = dirtyBytes(disk.bytes, writeRate, m.clock.now() - passStart);
    if (left === 0 || (left / m.link.rate()) * SECOND <= IN_STEP_NS) break;
  }
  m.link.reserve(writeRate);
  m.storage = {
    durationMs: toMilliseconds(m.clock.now() - startedAt),
    passes: passes + 1,
    bytesSent,
    mirroredBytes: 0,
  };
  m.mirroringSince = m.clock.now();
}

/** The guest has stopped: nothing more to mirror. */
export function stopMirroring(m: Migration): void {
  const { disk } = m.machine.parts;
  if (disk.kind !== "local" || !m.storage || m.mirroringSince === null) return;
  m.link.reserve(0);
  const length = m.clock.now() - m.mirroringSince;
  const mirroredBytes = Math.round((disk.writeRate * length) / SECOND);
  m.mirroringSince = null;
  const report: StorageReport = m.storage;
  m.storage = { ...report, mirroredBytes, bytesSent: report.bytesSent + mirroredBytes };
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
