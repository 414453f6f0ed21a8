import { InvalidOptionError, PeerFailedError, WireFormatError } from "../errors.js";
import type { Channel } from "../transport/channel.js";
import type { Bytes } from "../units.js";
import { FrameStream } from "./frame.js";
import { MAX_FRAME_BYTES, PREFACE_FRAME_BYTES } from "./frame-size.js";
import { type FrameType, SESSION_FRAMES } from "./frame-types.js";

/** Who opened the connection, and who accepted it. */
export type Role = "dialler" | "listener";

/** Bytes that nobody can foresee, from a generator fit for secrets. */
export type SecretRandom = (bytes: Bytes) => Uint8Array<ArrayBuffer>;

/** Fewest characters of a token: shorter ones could be guessed from a proof. */
export const MIN_TOKEN_LENGTH = 16;

const NONCE_BYTES: Bytes = 32;
const PROOF_BYTES: Bytes = 32;

/**
 * Has both ends of a new channel prove that they know the token, which itself is never sent:
 *
 *   listener -> dialler   challenge: 32 random bytes L; none when it asks for no token
 *   dialler -> listener   answer: 32 random bytes D, proof("dialler")
 *   listener -> dialler   proof: proof("listener")
 *
 * where proof(role) is the HMAC-SHA-256, under the token's UTF-8, of `"godwit session 1 " + role`, a zero byte, L and D.
 * The dialler proves first, so who knows nothing learns nothing; the roles keep proofs from being sent back to whom they came from. Until both have proved, frames are limited to
 * {@link PREFACE_FRAME_BYTES}; afterwards to the usual. Whoever calls it limits the time.
 *
 * @param token - Null: everybody is let in, and only such listeners are spoken to that ask for none.
 * @throws PeerFailedError when the peer did not prove it; the channel is then closed.
 */
export async function authenticate(
  channel: Channel,
  role: Role,
  token: string | null,
  random: SecretRandom,
): Promise<void> {
  if (token !== null) checkToken(token);
  channel.frameLimit = PREFACE_FRAME_BYTES;
  const frames = new FrameStream(channel);
  try {
    await (role === "listener" ? demand(frames, token, random) : prove(frames, token, random));
  } catch (error) {
    // Every failure looks alike from outside.
    channel.close(error as Error);
    throw error;
  }
  channel.frameLimit = MAX_FRAME_BYTES;
}

/** @throws InvalidOptionError when a token is too short to keep anybody out; it does not repeat the token. */
export function checkToken(token: string): void {
  if (token.length >= MIN_TOKEN_LENGTH) return;
  const expected = `at least ${MIN_TOKEN_LENGTH} characters that cannot be guessed`;
  throw new InvalidOptionError("token", `(${token.length} characters)`, expected);
}

async function demand(
  frames: FrameStream,
  token: string | null,
  random: SecretRandom,
): Promise<void> {
  if (token === null) {
    frames.send(SESSION_FRAMES.challenge);
    return;
  }
  const challenge = random(NONCE_BYTES);
  frames.send(SESSION_FRAMES.challenge, [challenge]);
  const answer = await expectFrame(frames, SESSION_FRAMES.answer, [NONCE_BYTES + PROOF_BYTES]);
  const nonces = joinNonces(challenge, answer.subarray(0, NONCE_BYTES));
  await verify(frames, token, "dialler", nonces, answer.subarray(NONCE_BYTES));
  frames.send(SESSION_FRAMES.proof, [await proofOf(token, "listener", nonces)]);
}

async function prove(
  frames: FrameStream,
  token: string | null,
  random: SecretRandom,
): Promise<void> {
  const challenge = await expectFrame(frames, SESSION_FRAMES.challenge, [0, NONCE_BYTES]);
  if (challenge.length === 0) {
    if (token === null) return;
    throw new PeerFailedError(
      frames.peer,
      "it asks for no token, so it may not be who it should be",
    );
  }
  if (token === null) throw new PeerFailedError(frames.peer, "it asks for a token");
  const nonce = random(NONCE_BYTES);
  const nonces = joinNonces(challenge, nonce);
  frames.send(SESSION_FRAMES.answer, [nonce, await proofOf(token, "dialler", nonces)]);
  const frame = await frames.receive();
  if (frame === null) throw new PeerFailedError(frames.peer, "it did not accept the token");
  if (frame.type !== SESSION_FRAMES.proof || frame.body.length !== PROOF_BYTES) throw strange(0);
  await verify(frames, token, "listener", nonces, frame.body.slice());
}

async function expectFrame(
  frames: FrameStream,
  type: FrameType,
  lengths: readonly Bytes[],
): Promise<Uint8Array<ArrayBuffer>> {
  const frame = await frames.receive();
  if (frame === null) throw frames.loss;
  if (frame.type !== type || !lengths.includes(frame.body.length)) throw strange(0);
  return frame.body.slice();
}

function strange(offset: Bytes): WireFormatError {
  return new WireFormatError("this is not how a session begins", offset);
}

/** WebCrypto compares in constant time. */
async function verify(
  frames: FrameStream,
  token: string,
  role: Role,
  nonces: Uint8Array,
  proof: Uint8Array<ArrayBuffer>,
): Promise<void> {
  const { subtle } = globalThis.crypto;
  const isRight = await subtle.verify("HMAC", await keyOf(token), proof, textOf(role, nonces));
  if (!isRight) throw new PeerFailedError(frames.peer, "it did not prove that it knows the token");
}

async function proofOf(token: string, role: Role, nonces: Uint8Array): Promise<Uint8Array> {
  const { subtle } = globalThis.crypto;
  return new Uint8Array(await subtle.sign("HMAC", await keyOf(token), textOf(role, nonces)));
}

function keyOf(token: string): Promise<CryptoKey> {
  const { subtle } = globalThis.crypto;
  if (subtle === undefined) {
    const expected = "none, since pages have cryptography only by https and on localhost";
    throw new InvalidOptionError("token", "(a token)", expected);
  }
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  return subtle.importKey("raw", utf8(token), algorithm, false, ["sign", "verify"]);
}

function textOf(role: Role, nonces: Uint8Array): Uint8Array<ArrayBuffer> {
  const label = utf8(`godwit session 1 ${role}\0`);
  const text = new Uint8Array(label.length + nonces.length);
  text.set(label);
  text.set(nonces, label.length);
  return text;
}

function joinNonces(challenge: Uint8Array, nonce: Uint8Array): Uint8Array {
  const nonces = new Uint8Array(2 * NONCE_BYTES);
  nonces.set(challenge);
  nonces.set(nonce, NONCE_BYTES);
  return nonces;
}

function utf8(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text) as Uint8Array<ArrayBuffer>;
}
