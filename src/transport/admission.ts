import { PeerFailedError } from "../errors.js";
import { authenticate, checkToken, type Role, type SecretRandom } from "../wire/auth.js";
import type { Channel } from "./channel.js";

/** Most connections that have not proved yet that they may speak; more are turned away. */
const MAX_PENDING = 64;
/** How long proving may take. */
export const HANDSHAKE_MS = 5000;

/** How a listener lets peers in. */
export interface AdmissionOptions {
  /** What both ends must know; see {@link authenticate}. None: whoever can connect is let in. */
  readonly token?: string | undefined;
  /** Most milliseconds until a new connection has proved that it may speak. Default 5000. */
  readonly handshakeMs?: number | undefined;
}

/** Bytes from the system's generator. */
export const secretRandom: SecretRandom = (bytes) => crypto.getRandomValues(new Uint8Array(bytes));

/** The door of a listener: few may stand in it, and not for long. */
export class Admission {
  readonly #token: string | null;
  readonly #handshakeMs: number;
  #pending = 0;

  /** @throws InvalidOptionError when the token is too short. */
  constructor({ token, handshakeMs = HANDSHAKE_MS }: AdmissionOptions) {
    if (token !== undefined) checkToken(token);
    this.#token = token ?? null;
    this.#handshakeMs = handshakeMs;
  }

  /** A new connection: what it calls once it has been let in or is gone; null when too many wait already. */
  enter(): (() => void) | null {
    if (this.#pending >= MAX_PENDING) return null;
    this.#pending++;
    let isIn = true;
    return () => {
      if (isIn) this.#pending--;
      isIn = false;
    };
  }

  /** Whether the peer has proved in time that it may speak; if not, the channel is closed. */
  async admits(channel: Channel): Promise<boolean> {
    try {
      await proven(channel, "listener", this.#token, this.#handshakeMs);
      return true;
    } catch {
      return false;
    }
  }
}

/**
 * Authenticates within a time.
 *
 * @throws PeerFailedError when the peer does not; the channel is then closed.
 */
export async function proven(
  channel: Channel,
  role: Role,
  token: string | null,
  handshakeMs: number = HANDSHAKE_MS,
): Promise<void> {
  const late = new PeerFailedError(channel.peer, `it did not answer within ${handshakeMs} ms`);
  const timer = setTimeout(() => channel.close(late), handshakeMs);
  try {
    await authenticate(channel, role, token, secretRandom);
  } catch (error) {
    throw channel.failure === late ? late : error;
  } finally {
    clearTimeout(timer);
  }
}
