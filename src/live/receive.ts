import { AbortedError, isGodwitError, PeerFailedError } from "../errors.js";
import { StagedFolder } from "../files/staged-folder.js";
import type { PageKind } from "../qemu/stream-visitor.js";
import { parseSocketAddress } from "../qmp/socket-address.js";
import type { Bytes, PageCount } from "../units.js";
import { DiskImage } from "./disk-image.js";
import { Listener } from "./listener.js";
import type { Manifest } from "./manifest.js";
import { ReceiveSession } from "./receive-session.js";

/** How a migration is received. */
export interface ReceiveOptions {
  /** Where QEMU is to migrate to: `unix:PATH` or `tcp:HOST:PORT`. */
  readonly listen: string;
  /** Folder for the VM; it appears when all of it is on the disk. Must be new or empty. */
  readonly store: string;
  /**
   * How many missing pages to ask for at once when a post-copy begins. Default 0: nothing runs here, so the
   * source may push in its own order.
   */
  readonly requestPages?: PageCount;
  /** Called when listening has begun. */
  readonly onListening?: (address: string) => void;
  /** Called while pages come, at most ten times a second, and when the phase changes. */
  readonly onProgress?: (progress: ReceiveProgress) => void;
  /** Ends it; before the end of a migration the source then runs on, in a post-copy its guest is lost. */
  readonly signal?: AbortSignal;
}

/** Where a migration that is received stands. `broken`: a post-copy whose link is gone waits for a new one. */
export type ReceivePhase = "waiting" | "pre-copy" | "post-copy" | "broken" | "storing";

/** What has come so far. */
export interface ReceiveProgress {
  readonly phase: ReceivePhase;
  /** Since the first connection, ms. */
  readonly elapsedMs: number;
  /** Bytes on each connection, in the order in which they were opened. */
  readonly channelBytes: readonly Bytes[];
  /** Pages by the way they came; a page counts each time. */
  readonly pages: Readonly<Record<PageKind, PageCount>>;
  /** Pages that a post-copy discarded and that have not come again. */
  readonly missing: PageCount;
}

/** A migration that was received and stored. */
export interface ReceiveReport extends ReceiveProgress {
  readonly manifest: Manifest;
  /** How often a post-copy's link broke and was taken up again. */
  readonly recoveries: number;
  /** Pages that were asked for. */
  readonly requestedPages: PageCount;
  /** Whether the source waited to hear that all is on the disk; only with the capability `return-path` or `postcopy-ram`. */
  readonly isAcknowledged: boolean;
}

/**
 * Takes one migration of a QEMU in and stores the VM: pre-copy with all ways of sending pages, several
 * channels, and post-copy, whose link may break and come back. The source hears that all is well only when
 * everything is on the disk.
 *
 * @throws InvalidOptionError for an address or a folder that cannot be used, before anything is waited for.
 * @throws PeerFailedError when the source breaks off or sends what is no migration.
 * @throws AbortedError when the signal ends it.
 */
export async function receive(options: ReceiveOptions): Promise<ReceiveReport> {
  const address = parseSocketAddress("listen", options.listen);
  const folder = await StagedFolder.begin("store", options.store);
  const image = new DiskImage(folder);
  let listener: Listener | null = null;
  let session: ReceiveSession | null = null;
  const onAbort = (): void => session?.cut();
  try {
    listener = await Listener.open("listen", address);
    session = new ReceiveSession(listener, image, options);
    options.signal?.addEventListener("abort", onAbort);
    return await session.run();
  } catch (error) {
    await session?.refuse();
    await folder.discard();
    if (options.signal?.aborted) throw new AbortedError("interrupted; nothing was stored");
    if (isGodwitError(error, "WireFormatError")) {
      const reason = `the migration broke off: ${error.message}; nothing was stored`;
      throw new PeerFailedError(options.listen, reason, { cause: error });
    }
    if (isGodwitError(error, "PeerFailedError")) {
      throw new PeerFailedError(error.peer, `${error.reason}; nothing was stored`, {
        cause: error,
      });
    }
    throw error;
  } finally {
    options.signal?.removeEventListener("abort", onAbort);
    listener?.close();
    session?.cut();
    image.close();
  }
}
