import type { Socket } from "node:net";
import { AbortedError } from "../errors.js";
import { parseSocketAddress } from "../qmp/socket-address.js";
import { connectSocket } from "../qmp/socket-connection.js";
import type { BytesPerSecond, PageCount } from "../units.js";
import { SendSession } from "./send-session.js";
import { StoredVm } from "./stored-vm.js";

/** How a stored VM is sent. */
export interface SendOptions {
  /** Folder of the VM, as `receive` made it. */
  readonly store: string;
  /** Where a QEMU waits for it: `unix:PATH` or `tcp:HOST:PORT`. */
  readonly to: string;
  /**
   * Whether the guest runs at once and its pages follow, those that it waits for first. The target needs the
   * capability `postcopy-ram`, set before `migrate-incoming`.
   */
  readonly postCopy?: boolean;
  /** Most bytes per second; pages that a guest waits for are not held back. Default: no limit. */
  readonly maxBandwidth?: BytesPerSecond;
  /** Called while pages go, at most ten times a second. */
  readonly onProgress?: (progress: SendProgress) => void;
  /** Ends it; the VM stays stored. In a post-copy the guest that runs already is lost. */
  readonly signal?: AbortSignal;
}

/** What has gone so far. */
export interface SendProgress {
  /** Since the connection, ms. */
  readonly elapsedMs: number;
  readonly bytes: number;
  readonly sentPages: PageCount;
  readonly totalPages: PageCount;
}

/** A VM that was sent, and that its target has. */
export interface SendReport extends SendProgress {
  /** From the connection until the target had the devices, ms: in a post-copy its guest then runs. Null when it did not say. */
  readonly devicesLoadedMs: number | null;
  /** Pages that the guest had to wait for. */
  readonly requestedPages: PageCount;
}

/** Time that a target has to take the connection, ms. */
const CONNECT_MS = 10_000;

/**
 * Sends a stored VM into a QEMU that waits with `-incoming`, as a migration would: each page once. It ends
 * when the target says that it has everything. The stored VM stays as it is, so that it can be sent again;
 * that two copies do not run at once is the caller's to see to.
 *
 * @throws InvalidOptionError for a folder that is no stored VM, or a damaged one.
 * @throws PeerFailedError when the target is not there, refuses the VM or goes away.
 * @throws AbortedError when the signal ends it.
 */
export async function send(options: SendOptions): Promise<SendReport> {
  const address = parseSocketAddress("to", options.to);
  const vm = await StoredVm.open("store", options.store);
  let socket: Socket | null = null;
  const onAbort = (): void => void socket?.destroy();
  options.signal?.addEventListener("abort", onAbort);
  try {
    socket = await connectSocket(address, CONNECT_MS, options.signal);
    socket.on("error", () => {});
    return await new SendSession(vm, socket, options).run();
  } catch (error) {
    if (options.signal?.aborted) throw new AbortedError("interrupted; the VM is still stored");
    throw error;
  } finally {
    options.signal?.removeEventListener("abort", onAbort);
    socket?.destroy();
    await vm.close();
  }
}
