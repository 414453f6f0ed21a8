import { InvalidOptionError, PeerFailedError } from "../errors.js";
import type { Bytes } from "../units.js";
import { addressText, parseAddress } from "./address.js";
import { Admission, type AdmissionOptions, HANDSHAKE_MS, proven } from "./admission.js";
import type { Channel, Listener } from "./channel.js";
import { holdLock, type Presence, takeName, watch } from "./presence.js";
import { randomName } from "./random-name.js";
import { WindowChannel } from "./window-channel.js";

/** Bytes of a message: a tab copies each at once. */
const PIECE_BYTES: Bytes = 2 ** 20;

/** What is said under the listener's name: somebody dials, with the name of its connection. */
interface Dial {
  readonly dial: string;
}

/** What the ends of a connection say to each other, under the connection's name. */
type Said =
  | { readonly bytes: Uint8Array }
  | { readonly taken: Bytes }
  | { readonly end: boolean }
  | { readonly isThere: true };
type Words = Said & { readonly from: string };

/**
 * Listens for other tabs of the same origin, under a name.
 *
 * @param address - `broadcast:name`.
 * @param accept - Hears of every peer that has proved that it may speak.
 * @throws InvalidOptionError when another tab listens under that name.
 */
export async function listenBroadcast(
  address: string,
  accept: (channel: Channel) => void,
  options: AdmissionOptions = {},
): Promise<Listener> {
  const name = nameOf(address);
  const admission = new Admission(options);
  const release = await takeName(name);
  if (release === null) {
    throw new InvalidOptionError("address", address, "a name under which no other tab listens");
  }
  const port = new BroadcastChannel(name);
  port.onmessage = async ({ data }: MessageEvent<unknown>) => {
    const connection = dialOf(data);
    const leave = connection === null ? null : admission.enter();
    if (connection === null || leave === null) return;
    const channel = await joinConnection(name, connection, "listener", address);
    if (await admission.admits(channel)) accept(channel);
    leave();
  };
  return {
    address: addressText({ kind: "broadcast", name: name.slice(PREFIX.length) }),
    close: async () => {
      port.close();
      release();
    },
  };
}

/**
 * Connects to a tab of the same origin that listens under a name.
 *
 * @throws PeerFailedError when none does.
 */
export async function dialBroadcast(
  address: string,
  { token, handshakeMs = HANDSHAKE_MS }: AdmissionOptions = {},
): Promise<Channel> {
  const name = nameOf(address);
  const connection = randomName();
  const channel = await joinConnection(name, connection, "dialler", address);
  const port = new BroadcastChannel(name);
  port.postMessage({ dial: connection } satisfies Dial);
  try {
    await proven(channel, "dialler", token ?? null, handshakeMs);
  } catch (error) {
    if (!(error instanceof PeerFailedError && error.reason.startsWith("it did not answer")))
      throw error;
    throw new PeerFailedError(address, "no tab answers under that name", { cause: error });
  } finally {
    port.close();
  }
  return channel;
}

/** One end of a connection, which holds a lock for as long as it is there. */
async function joinConnection(
  name: string,
  connection: string,
  role: "dialler" | "listener",
  peer: string,
): Promise<Channel> {
  const place = `${name}/${connection}`;
  const other = role === "dialler" ? "listener" : "dialler";
  const release = await holdLock(`${place}/${role}`);
  const port = new BroadcastChannel(place);
  const say = (words: Said): void => port.postMessage({ from: role, ...words });
  let presence: Presence | undefined;
  const line = {
    // A message of a view carries all that is behind the view.
    write: (bytes: Uint8Array) => say({ bytes: bytes.slice() }),
    acknowledge: (taken: Bytes) => say({ taken }),
    end: (isFailure: boolean) => {
      say({ end: isFailure });
      port.close();
      presence?.leave();
      if (presence === undefined) release();
    },
  };
  const channel = new WindowChannel(peer, line, PIECE_BYTES);
  const begin = (): void => {
    const gone = (): void => channel.takeEnd("its tab is gone");
    presence ??= watch(`${place}/${other}`, release, () => say({ isThere: true }), gone);
  };
  port.onmessage = ({ data }: MessageEvent<unknown>) => {
    if (!isSaidBy(other, data)) return;
    // The other end has its lock before it says anything.
    begin();
    presence?.heard();
    if ("bytes" in data) channel.takeBytes(data.bytes);
    else if ("taken" in data) channel.takeAcknowledgement(data.taken);
    else if ("end" in data) channel.takeEnd(data.end ? "it cut the connection" : null);
  };
  if (role === "listener") begin();
  return channel;
}

/** Before every name, so that others may use theirs. */
const PREFIX = "godwit/";

function nameOf(text: string): string {
  const address = parseAddress(text);
  if (address.kind === "broadcast") return PREFIX + address.name;
  throw new InvalidOptionError("address", text, "broadcast:name");
}

function dialOf(message: unknown): string | null {
  if (typeof message !== "object" || message === null || !("dial" in message)) return null;
  const { dial } = message;
  return typeof dial === "string" && /^[0-9a-f]{32}$/.test(dial) ? dial : null;
}

function isSaidBy(who: string, message: unknown): message is Words {
  if (typeof message !== "object" || message === null) return false;
  const { from, bytes, taken, end } = message as Record<string, unknown>;
  if (from !== who) return false;
  return (
    bytes instanceof Uint8Array ||
    typeof taken === "number" ||
    typeof end === "boolean" ||
    "isThere" in message
  );
}
