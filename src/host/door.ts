import { type MessagePort, receiveMessageOnPort } from "node:worker_threads";
import { nodePortChannel } from "../transport/node-port-channel.js";
import type { Milliseconds } from "../units.js";
import { FrameStream } from "../wire/frame.js";
import type { AtDoor } from "./thread-messages.js";

/** How often a blocked thread looks; its guest stands anyhow, since the link is cut. */
const LOOK_MS: Milliseconds = 10;

/** Where a thread hears of a source that was cut off: between the machine's slices, and blocked in a fault. */
export class Door {
  readonly #port: MessagePort;
  #onDead: ((dead: string) => void) | null = null;
  /** How it is known that the source's process has ended. */
  #dead: string | null = null;
  readonly #sleep = new Int32Array(new SharedArrayBuffer(4));

  /** @param onBack - Hears of a connection on which the source is back, unless the thread waits for one. */
  constructor(port: MessagePort, onBack: (frames: FrameStream) => void) {
    this.#port = port;
    port.on("message", (news: AtDoor) => {
      if ("port" in news) onBack(open(news));
      else {
        this.#dead = news.dead;
        this.#onDead?.(news.dead);
      }
    });
  }

  /** Hears that the source's process has ended, also if that was said before. */
  whenDead(listener: (reason: string) => void): void {
    this.#onDead = listener;
    if (this.#dead !== null) listener(this.#dead);
  }

  /** Blocks until the source is back or known to have ended; undefined when it is neither within the time. */
  wait(timeoutMs: Milliseconds): FrameStream | { readonly dead: string } | undefined {
    for (let waited = 0; waited <= timeoutMs; waited += LOOK_MS) {
      const found: { message: AtDoor } | undefined = receiveMessageOnPort(this.#port);
      if (found !== undefined) return "port" in found.message ? open(found.message) : found.message;
      Atomics.wait(this.#sleep, 0, 0, LOOK_MS);
    }
    return undefined;
  }
}

function open({ port, peer }: Extract<AtDoor, { port: MessagePort }>): FrameStream {
  return new FrameStream(nodePortChannel(port, peer));
}
