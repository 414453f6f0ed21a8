import { AbortedError } from "../errors.js";
import { StagedFolder } from "../files/staged-folder.js";
import { isOver } from "../qmp/migration-info.js";
import { QemuMonitor } from "../qmp/qemu-monitor.js";
import { parseSocketAddress } from "../qmp/socket-address.js";
import type { BytesPerSecond } from "../units.js";
import { Listener } from "./listener.js";
import { compareMemory, type MemoryComparison } from "./memory-comparison.js";
import { RelaySession } from "./relay-session.js";
import { type RelayedContents, RelayWatch } from "./relay-watch.js";

/** How a relay works. */
export interface RelayOptions {
  /** Where the source is to migrate to: `unix:PATH` or `tcp:HOST:PORT`. */
  readonly listen: string;
  /** Where the target waits. */
  readonly to: string;
  /** Folder to record every channel in, both ways; it appears when the migration has ended. */
  readonly record?: string;
  /** Most bytes per second from the source, all channels together. Default: no limit. */
  readonly maxBandwidth?: BytesPerSecond;
  /** Monitor of the source: its memory is compared with what went over the wire once it has stopped. */
  readonly sourceQmp?: string;
  /** Monitor of the target, likewise; its guest must be held back (`-S`). */
  readonly targetQmp?: string;
  /** Called when listening has begun. */
  readonly onListening?: (address: string) => void;
  /** Called while bytes flow, at most ten times a second. */
  readonly onProgress?: (progress: RelayProgress) => void;
  /** Ends the relay; both QEMUs then see a broken connection, and before a switchover the source runs on. */
  readonly signal?: AbortSignal;
}

/** What went over one connection. */
export interface RelayedChannel {
  /** Bytes from the source to the target. */
  readonly bytes: number;
  /** Bytes from the target to the source. */
  readonly returnBytes: number;
  /** Whether a side broke it off instead of closing it. */
  readonly isCut: boolean;
}

/** What has gone through a relay. */
export interface RelayProgress {
  /** Since the first connection, ms. */
  readonly elapsedMs: number;
  /** In the order in which they were opened; the first is the main one. */
  readonly channels: readonly RelayedChannel[];
  readonly contents: RelayedContents;
}

/** A migration that went through a relay, whether it came to its end or not. */
export interface RelayReport extends RelayProgress {
  /** The source's memory beside what went over the wire; null where it was not asked for, or the migration broke off. */
  readonly source: MemoryComparison | null;
  /** The target's, likewise. */
  readonly target: MemoryComparison | null;
}

/** How long a source may take to notice that its migration is over, ms. */
const NOTICE_MS = 10_000;

/**
 * Stands between two QEMUs: takes the connections of one `migrate`, opens as many to the target in the same
 * order, and carries bytes both ways until all of them are closed. Beside that it decodes what passes.
 *
 * @throws InvalidOptionError for addresses and folders that cannot be used, before anything is waited for.
 * @throws PeerFailedError when the target does not take a connection, or a monitor fails.
 * @throws AbortedError when the signal ends it.
 */
export async function relay(options: RelayOptions): Promise<RelayReport> {
  const listen = parseSocketAddress("listen", options.listen);
  const to = parseSocketAddress("to", options.to);
  const monitors = await Monitors.open(options);
  let folder: StagedFolder | null = null;
  try {
    if (options.record !== undefined) folder = await StagedFolder.begin("record", options.record);
    const watch = new RelayWatch(monitors.any);
    const listener = await Listener.open("listen", listen);
    const progress = await new RelaySession(listener, to, folder, watch, options).run();
    options.signal?.throwIfAborted();
    await folder?.commit();
    return { ...progress, ...(await monitors.compare(watch)) };
  } catch (error) {
    await folder?.discard();
    throw options.signal?.aborted ? new AbortedError("interrupted") : error;
  } finally {
    monitors.close();
  }
}

/** The monitors that were named. */
class Monitors {
  readonly #source: QemuMonitor | null;
  readonly #target: QemuMonitor | null;

  private constructor(source: QemuMonitor | null, target: QemuMonitor | null) {
    this.#source = source;
    this.#target = target;
  }

  static async open({ sourceQmp, targetQmp, signal }: RelayOptions): Promise<Monitors> {
    const given = signal === undefined ? {} : { signal };
    const source = sourceQmp === undefined ? null : await QemuMonitor.open(sourceQmp, given);
    try {
      return new Monitors(
        source,
        targetQmp === undefined ? null : await QemuMonitor.open(targetQmp, given),
      );
    } catch (error) {
      source?.close();
      throw error;
    }
  }

  get any(): boolean {
    return this.#source !== null || this.#target !== null;
  }

  async compare({ image, contents }: RelayWatch): Promise<Pick<RelayReport, "source" | "target">> {
    const compared = async (monitor: QemuMonitor | null): Promise<MemoryComparison | null> =>
      monitor === null || image === null || !contents.isComplete || contents.problem !== null
        ? null
        : compareMemory(monitor, image);
    if (this.#source !== null) await noticed(this.#source);
    return { source: await compared(this.#source), target: await compared(this.#target) };
  }

  close(): void {
    this.#source?.close();
    this.#target?.close();
  }
}

/** Waits until a source knows that its migration is over. */
async function noticed(source: QemuMonitor): Promise<void> {
  for (const start = performance.now(); performance.now() - start < NOTICE_MS; ) {
    if (isOver(await source.queryMigrate())) return;
    await new Promise((resume) => setTimeout(resume, 20));
  }
}
