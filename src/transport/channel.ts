import type { Bytes } from "../units.js";

export { MAX_FRAME_BYTES } from "../wire/frame-size.js";

/**
 * A connection to a peer: whole frames of bytes, in order, both ways. Which bytes, is the business of `wire`.
 * A channel is either open or closed for good; nothing it carries is repeated by it.
 */
export interface Channel {
  /** The peer, for people: an address as it was written, or a name. */
  readonly peer: string;
  /**
   * Most bytes of a frame that is accepted, at most {@link MAX_FRAME_BYTES}; a longer one closes the channel
   * before anything is allocated for it. Lower while the peer has not proved that it may speak.
   */
  frameLimit: Bytes;
  /**
   * Sends one frame of at most {@link MAX_FRAME_BYTES}, given in parts. The bytes are taken at once: the caller
   * may change them afterwards. On a closed channel nothing happens.
   */
  send(parts: readonly Uint8Array[]): void;
  /** Bytes that were given to `send` and have not left yet. */
  readonly buffered: Bytes;
  /** Resolves when fewer than `bytes` are buffered, and when the channel closes. `bytes` is at least 1. */
  drained(bytes: Bytes): Promise<void>;
  /**
   * The next frame; null when the channel has closed and all frames are read. A frame is the caller's until
   * the next is asked for. Only one may be asked for at a time. The peer is held back while nobody asks.
   */
  receive(): Promise<Uint8Array | null>;
  /**
   * Blocks the thread until the next frame is there; undefined when none came within the time. Only channels
   * have it that can; never while a `receive` is open.
   */
  receiveNow?(timeoutMs: number): Uint8Array | null | undefined;
  /**
   * Why the channel closed: an error when it failed; undefined while it is open, and when either side closed
   * it on purpose. A process that dies may look like one that closes.
   */
  readonly failure: Error | undefined;
  /** Resolves when the channel has closed, whoever closed it. Frames that came before can still be received. */
  readonly closed: Promise<void>;
  /**
   * Closes. What was sent still leaves, what was not asked for is dropped. Calling it again does nothing.
   *
   * @param failure - Why, when something is wrong; the connection is then cut at once.
   */
  close(failure?: Error): void;
}

/** Accepts connections. */
export interface Listener {
  /** Where it listens, as others may dial it (with the port that the system chose). */
  readonly address: string;
  /** Stops accepting; connections that were accepted stay. */
  close(): Promise<void>;
}
