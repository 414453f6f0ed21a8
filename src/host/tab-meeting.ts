import { randomBytes } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { type RawData, WebSocket, WebSocketServer } from "ws";
import { MAX_FRAME_BYTES } from "../transport/channel.js";
import type { Bytes, Milliseconds } from "../units.js";

const CALLED = /^\/tab\/([\w-]{22})$/;
const ANSWERED = /^\/meet\/([\w-]{22})$/;

/** A tab that is called answers within this. */
const PATIENCE_MS: Milliseconds = 10_000;
const MOST_CALLS = 16;
/** A side that reads slowly is not sent more than this ahead. */
const MOST_BUFFERED: Bytes = 2 * 2 ** 20;
const UNBUFFER_EVERY_MS: Milliseconds = 5;

/** A tab that can be called. */
export interface ExpectedCalls {
  /** Whoever dials this path at the server reaches the tab. */
  readonly path: string;
  /** It cannot be called any more. */
  end(): void;
}

/**
 * Browsers cannot be dialled, so a tab is called at a path of its server's that nobody can guess. Whoever dials
 * it is connected with a WebSocket that the tab opens for it, message by message. Both sides prove to each
 * other who they are, as over any other channel; what passes here is not looked at.
 */
export class TabMeeting {
  readonly #server = new WebSocketServer({ noServer: true, maxPayload: MAX_FRAME_BYTES });
  readonly #tabs = new Map<string, (path: string) => void>();
  readonly #calls = new Map<string, WebSocket>();

  /**
   * Expects calls for a tab.
   *
   * @param called - Hears of the path at which the tab is to open a WebSocket, in time.
   */
  expect(called: (path: string) => void): ExpectedCalls {
    const key = newKey();
    this.#tabs.set(key, called);
    return { path: `/tab/${key}`, end: () => void this.#tabs.delete(key) };
  }

  /** Takes an upgrade over when its path is one of a meeting's; whether it was. */
  take(request: IncomingMessage, socket: Duplex, head: Buffer): boolean {
    const [path = ""] = (request.url ?? "").split("?");
    const called = CALLED.exec(path)?.[1];
    const answered = ANSWERED.exec(path)?.[1];
    if (called) this.#open(request, socket, head, (caller) => this.#call(called, caller));
    else if (answered) this.#open(request, socket, head, (tab) => this.#meet(answered, tab));
    else return false;
    return true;
  }

  close(): void {
    for (const socket of this.#server.clients) socket.terminate();
    this.#server.close();
  }

  #open(
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    then: (socket: WebSocket) => void,
  ): void {
    this.#server.handleUpgrade(request, socket, head, (opened) => {
      // A connection that fails closes as well, and that is what is looked at.
      opened.on("error", () => undefined);
      then(opened);
    });
  }

  #call(key: string, caller: WebSocket): void {
    const tell = this.#tabs.get(key);
    if (tell === undefined || this.#calls.size >= MOST_CALLS) {
      if (tell === undefined) caller.close(4404, "that tab is not there any more");
      else caller.close(1013, "too many calls at once");
      return;
    }
    const call = newKey();
    this.#calls.set(call, caller);
    // Nothing is lost while the tab is on its way.
    caller.pause();
    const patience = setTimeout(() => caller.close(4408, "the tab does not answer"), PATIENCE_MS);
    const isOver = (): void => {
      clearTimeout(patience);
      this.#calls.delete(call);
    };
    caller.on("close", isOver);
    caller.once("met", isOver);
    tell(`/meet/${call}`);
  }

  #meet(call: string, tab: WebSocket): void {
    const caller = this.#calls.get(call);
    if (caller === undefined) {
      tab.close(4404, "nobody calls any more");
      return;
    }
    caller.emit("met");
    pass(caller, tab);
    pass(tab, caller);
    caller.resume();
  }
}

/** What comes from one goes to the other, and so does its end. */
function pass(from: WebSocket, to: WebSocket): void {
  from.on("message", (data: RawData, isBinary: boolean) => {
    if (to.readyState !== WebSocket.OPEN) return;
    to.send(data, { binary: isBinary });
    if (to.bufferedAmount <= MOST_BUFFERED || from.isPaused) return;
    from.pause();
    const look = setInterval(() => {
      if (to.readyState === WebSocket.OPEN && to.bufferedAmount > MOST_BUFFERED / 2) return;
      clearInterval(look);
      from.resume();
    }, UNBUFFER_EVERY_MS);
  });
  from.on("close", (code: number, reason: Buffer) => {
    // Codes that only the network itself may say cannot be passed on.
    const isSayable = code === 1000 || (code >= 3000 && code < 5000);
    if (isSayable) to.close(code, reason);
    else if (code === 1005) to.close();
    else to.terminate();
  });
}

function newKey(): string {
  return randomBytes(16).toString("base64url");
}
