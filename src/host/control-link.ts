import { WireFormatError } from "../errors.js";
import type { Bytes } from "../units.js";
import type { Frame, FrameStream } from "../wire/frame.js";
import { CONTROL_FRAMES, frameName } from "../wire/frame-types.js";
import { encodeJson } from "../wire/json-body.js";
import type { ControlReply, ControlRequest } from "./control-messages.js";
import { MAX_FILE_BYTES, readReply, readRequest } from "./control-schema.js";

const PIECE_BYTES: Bytes = 256 * 1024;
/** A peer that reads slowly is not sent more than this ahead. */
const MOST_BUFFERED: Bytes = 4 * PIECE_BYTES;

/** A conversation between a client and a host: messages, and bytes. */
export class ControlLink {
  readonly frames: FrameStream;

  constructor(frames: FrameStream) {
    this.frames = frames;
  }

  /** The client asks. */
  call(request: ControlRequest | { readonly type: "cancel" }): void {
    this.frames.send(CONTROL_FRAMES.call, [encodeJson(request)]);
  }

  /** The host answers. */
  answer(reply: ControlReply): void {
    this.frames.send(CONTROL_FRAMES.answered, [encodeJson(reply)]);
  }

  /** The host answers with something long. */
  async answerDocument(document: unknown): Promise<void> {
    const bytes = new TextEncoder().encode(JSON.stringify(document));
    this.answer({ type: "document", bytes: bytes.length });
    await this.sendFile(bytes);
  }

  /** Bytes of a console: few, and at once. */
  sendConsole(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
      this.frames.send(CONTROL_FRAMES.console, [bytes.subarray(at, at + PIECE_BYTES)]);
    }
  }

  /** Sends a file, no faster than the peer reads it. */
  async sendFile(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
      await this.frames.drained(MOST_BUFFERED);
      this.frames.send(CONTROL_FRAMES.file, [bytes.subarray(at, at + PIECE_BYTES)]);
    }
  }

  /** A file of so many bytes, of which the other side has told; memory is taken as it comes. */
  async receiveFile(length: Bytes): Promise<Uint8Array> {
    if (length > MAX_FILE_BYTES) throw new WireFormatError("a file that is too long", -1);
    const pieces: Uint8Array[] = [];
    let received = 0;
    while (received < length) {
      const { body } = await this.#need(CONTROL_FRAMES.file);
      if (body.length === 0 || received + body.length > length) {
        throw this.#wrong("a file longer than was told");
      }
      received += body.length;
      pieces.push(body.slice());
    }
    return joined(pieces, length);
  }

  /** What the client asks for. */
  async receiveRequest(): Promise<ControlRequest> {
    return readRequest((await this.#need(CONTROL_FRAMES.call)).body);
  }

  /** What the host answers; a document is asked for with {@link ControlLink.receiveFile}. */
  async receiveReply(): Promise<ControlReply> {
    return readReply((await this.#need(CONTROL_FRAMES.answered)).body);
  }

  /** The document that was announced. */
  async receiveDocument(length: Bytes): Promise<unknown> {
    const text = new TextDecoder().decode(await this.receiveFile(length));
    try {
      return JSON.parse(text);
    } catch (cause) {
      throw new WireFormatError("the peer sent a document that is no JSON", -1, { cause });
    }
  }

  /** Whatever comes next; null when the connection has closed. */
  receive(): Promise<Frame | null> {
    return this.frames.receive();
  }

  close(): void {
    this.frames.close();
  }

  async #need(type: number): Promise<Frame> {
    const frame = await this.frames.receive();
    if (frame === null) throw this.frames.loss;
    if (frame.type === type) return frame;
    throw this.#wrong(`${frameName(frame.type)} where ${frameName(type)} was expected`);
  }

  #wrong(what: string): WireFormatError {
    const error = new WireFormatError(`the peer sent ${what}`, -1);
    this.frames.close(error);
    return error;
  }
}

function joined(pieces: readonly Uint8Array[], length: Bytes): Uint8Array {
  const whole = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
