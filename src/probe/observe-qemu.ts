import process from "node:process";
import { InvalidOptionError, PeerFailedError } from "../errors.js";
import { monotone } from "../observe/monotone.js";
import type { Observation, PageContents } from "../observe/observation.js";
import { type SampledRate, sampledPoint } from "../observe/sampled-rate.js";
import { QemuMonitor } from "../qmp/qemu-monitor.js";
import { parseMonitorAddress } from "../qmp/socket-address.js";
import { type Milliseconds, PAGE_SIZE, type PageCount } from "../units.js";
import { followPasses } from "./follow-passes.js";
import type { ProbeListener } from "./observe-process.js";
import { checkRange, pauseUntil } from "./pauses.js";
import { readContents, residentPages } from "./process-contents.js";
import { ProcessMemory } from "./process-memory.js";
import { socketOwner } from "./socket-owner.js";

/** How a QEMU is observed through its monitor. */
export interface QemuOptions {
  /** How long, 2 s to an hour. Default 10 s. */
  readonly forMs?: Milliseconds;
  /** Pages that hold anything but zeros, where that is known. Default: counted in QEMU's process if it may be read, else unknown. */
  readonly nonzeroPages?: PageCount;
  readonly onProgress?: ProbeListener;
  /** Ends the observation early, with an AbortedError. */
  readonly signal?: AbortSignal;
}

const DEFAULT_MS: Milliseconds = 10_000;
const HOUR_MS: Milliseconds = 3_600_000;
/** Pages that a measurement looks at in all, within the 128 to 16384 per GiB that QEMU takes: an error of 0.2 % of the memory at most. */
const SAMPLE_PAGES: PageCount = 65_536;
const PAGES_PER_GIB: PageCount = 262_144;
/** Longest time that QEMU measures over. */
const LONGEST_MS: Milliseconds = 60_000;
const POLL_MS: Milliseconds = 20;

/**
 * Observes the guest of a QEMU through its monitor. While a migration is active, D(t) comes from its passes;
 * else from QEMU's page sampling (`calc-dirty-rate`) over several times, from 50 ms where QEMU can (8.2 and later), else
 * from 1 s. Both leave nothing behind in the VM: no parameter, capability or dirty log is touched.
 *
 * The monitor says nothing of the contents. They are counted in the memory of QEMU's process where that
 * is on this machine and may be read; else `nonzeroPages` is half of all pages with the error of knowing nothing.
 *
 * @param qemu - Its monitor, or where that is: `unix:PATH`, `tcp:HOST:PORT` or the bare path of a socket.
 *   QEMU serves one client at a time at each of its monitors.
 * @throws InvalidOptionError for what is no address, and for a guest that is paused.
 * @throws PeerFailedError when there is no QMP monitor, or the VM disappears.
 * @throws AbortedError when the signal ends it.
 */
export async function observeQemu(
  qemu: string | QemuMonitor,
  options: QemuOptions = {},
): Promise<Observation> {
  const { forMs = DEFAULT_MS, signal } = options;
  checkRange("for", forMs, 2000, HOUR_MS, "ms");
  if (typeof qemu !== "string") return observeThrough(qemu, { ...options, forMs });
  const monitor = await QemuMonitor.open(qemu, signal === undefined ? {} : { signal });
  try {
    return await observeThrough(monitor, { ...options, forMs });
  } finally {
    monitor.close();
  }
}

async function observeThrough(
  monitor: QemuMonitor,
  options: QemuOptions & { readonly forMs: Milliseconds },
): Promise<Observation> {
  const cpuBefore = process.cpuUsage();
  const { address } = monitor.connection;
  const { running, status } = await monitor.queryStatus();
  const { status: migration } = await monitor.queryMigrate();
  if (migration === "active" || migration === "setup") {
    return followPasses(monitor, options);
  }
  if (!running) {
    throw new InvalidOptionError("qmp", address, `a guest that runs; this one is ${status}`);
  }
  const contents = await contentsOf(monitor, address, options);
  const sampled = await samplePages(monitor, contents.totalPages, options.forMs, options);
  const { user, system } = process.cpuUsage(cpuBefore);
  return {
    kind: "godwit-observation",
    version: 1,
    source: "qmp",
    subject: `QEMU at ${address}`,
    observedMs: sampled.observedMs,
    contents,
    curve: monotone(sampled.points.map((rates) => sampledPoint(rates, contents.totalPages))),
    // QEMU looks at each page of a sample twice; what that costs it is not known.
    cost: {
      cpuMs: (user + system) / 1000,
      bytesRead: sampled.sampledPages * 2 * PAGE_SIZE,
      guestPausedMs: 0,
    },
  };
}

interface Sampled {
  /** Rates of the same time, for each time in order. */
  readonly points: SampledRate[][];
  readonly observedMs: Milliseconds;
  readonly sampledPages: PageCount;
}

/** Measures over each time once, the shortest first, and goes round again while there is time. */
async function samplePages(
  monitor: QemuMonitor,
  totalPages: PageCount,
  forMs: Milliseconds,
  { onProgress, signal }: QemuOptions,
): Promise<Sampled> {
  const [major, minor] = monitor.connection.greeting.version;
  const hasMilliseconds = major > 8 || (major === 8 && minor >= 2);
  const wanted = Math.round((SAMPLE_PAGES * PAGES_PER_GIB) / totalPages);
  const samplePagesPerGib = Math.min(16_384, Math.max(128, wanted));
  const times = timesWithin(forMs, hasMilliseconds ? 50 : 1000);
  const points = times.map((): SampledRate[] => []);
  let spentMs = 0;
  let measured = 0;
  while (spentMs + (times[0] ?? 0) <= forMs) {
    for (const [index, calcTimeMs] of times.entries()) {
      if (spentMs + calcTimeMs > forMs) break;
      const mibPerSecond = await measure(
        monitor,
        { calcTimeMs, samplePagesPerGib, hasMilliseconds },
        signal,
      );
      points[index]?.push({ calcTimeMs, mibPerSecond, samplePagesPerGib });
      spentMs += calcTimeMs;
      measured++;
      onProgress?.({ phase: "changes", share: spentMs / forMs });
    }
  }
  const perMeasurement = (samplePagesPerGib * totalPages) / PAGES_PER_GIB;
  return {
    points: points.filter((rates) => rates.length > 0),
    observedMs: spentMs,
    sampledPages: Math.round(measured * perMeasurement),
  };
}

/** Times that double from the shortest on, all of which together fit. */
function timesWithin(forMs: Milliseconds, shortestMs: Milliseconds): Milliseconds[] {
  const times: Milliseconds[] = [];
  let sum = 0;
  for (let time = shortestMs; sum + time <= forMs && time <= LONGEST_MS; time *= 2) {
    times.push(time);
    sum += time;
  }
  return times;
}

async function measure(
  monitor: QemuMonitor,
  {
    calcTimeMs,
    samplePagesPerGib,
    hasMilliseconds,
  }: { calcTimeMs: number; samplePagesPerGib: number; hasMilliseconds: boolean },
  signal: AbortSignal | undefined,
): Promise<number> {
  await monitor.connection.execute("calc-dirty-rate", {
    ...(hasMilliseconds
      ? { "calc-time": calcTimeMs, "calc-time-unit": "millisecond" }
      : { "calc-time": calcTimeMs / 1000 }),
    "sample-pages": samplePagesPerGib,
    mode: "page-sampling",
  });
  // Looking at the sample takes its own time; a QEMU that takes a minute for it never ends.
  const patience = performance.now() + calcTimeMs + 60_000;
  await pauseUntil(performance.now() + calcTimeMs, signal);
  for (;;) {
    const { status, "dirty-rate": rate } = await monitor.queryDirtyRate();
    if (status === "measured" && typeof rate === "number" && rate >= 0) return rate;
    if (performance.now() > patience) {
      const reason = `calc-dirty-rate over ${calcTimeMs} ms does not end`;
      throw new PeerFailedError(monitor.connection.address, reason);
    }
    await pauseUntil(performance.now() + POLL_MS, signal);
  }
}

async function contentsOf(
  monitor: QemuMonitor,
  address: string,
  { nonzeroPages, onProgress, signal }: QemuOptions,
): Promise<PageContents> {
  const sizes = await monitor.connection.execute("query-memory-size-summary");
  const { "base-memory": base = 0, "plugged-memory": plugged = 0 } = sizes as Record<
    string,
    number
  >;
  const totalPages = Math.round((base + plugged) / PAGE_SIZE);
  if (!(totalPages >= 1)) {
    throw new PeerFailedError(address, "it does not say how much memory the guest has");
  }
  const unknown = { totalPages, repeatedPages: null, compressedShare: null };
  if (nonzeroPages !== undefined) {
    checkRange("nonzeroPages", nonzeroPages, 0, totalPages, "pages");
    return { ...unknown, nonzeroPages, nonzeroPagesError: 0 };
  }
  const counted = await countInProcess(address, base, onProgress, signal);
  if (counted !== null) return { ...counted, totalPages };
  // Anything from none to all: the mean and the deviation of an even distribution.
  const error = totalPages / Math.sqrt(12);
  return { ...unknown, nonzeroPages: Math.round(totalPages / 2), nonzeroPagesError: error };
}

/** The contents as QEMU's process has them; null where it cannot be found, read or recognised. */
async function countInProcess(
  address: string,
  memoryBytes: number,
  onProgress: ProbeListener | undefined,
  signal: AbortSignal | undefined,
): Promise<PageContents | null> {
  const where = parseMonitorAddress("qmp", address);
  const pid = where.kind === "unix" ? socketOwner(where.path) : null;
  if (pid === null) return null;
  let memory: ProcessMemory;
  try {
    memory = ProcessMemory.open(pid, "auto", memoryBytes);
  } catch {
    return null;
  }
  try {
    return await readContents(memory, residentPages(memory), 0, (share) => {
      onProgress?.({ phase: "contents", share: Math.min(1, share) });
      return pauseUntil(0, signal);
    });
  } finally {
    memory.close();
  }
}
