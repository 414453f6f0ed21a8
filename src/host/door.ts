import { type MessagePort, receiveMessageOnPort } from "node:worker_threads";
import { nodePortChannel } from "../transport/node-port-channel.js";
import type { Milliseconds } from "../units.js";
import { FrameStream } from "../wire/frame.js";
import type { AtDoor } from "./thread-messages.js";

/** How often a blocked thread looks; its guest stands anyhow, since the link is cut. */
const LOOK_MS: Milliseconds = 10;

/** Where a thread hears of a source that was cut off: between the machine's slices, and blocked in a fault. */
export class Door {
  /** Hears that the source's process has ended. */
  onDead: (reason: string) => void = () => undefined;
  readonly #port: MessagePort;
  readonly #sleep = new Int32Array(new SharedArrayBuffer(4));

  /** @param onBack - Hears of a connection on which the source is back, unless the thread waits for one. */
  constructor(port: MessagePort, onBack: (frames: FrameStream) => void) {
    this.#port = port;
    port.on("message", (news: AtDoor) => {
      const frames = this.#open(news);
      if (frames !== undefined) onBack(frames);
    });
  }

  /** Blocks until the source is back; undefined when it is not within the time. */
  wait(timeoutMs: Milliseconds): FrameStream | undefined {
    for (let waited = 0; waited <= timeoutMs; waited += LOOK_MS) {
      const found: { message: AtDoor } | undefined = receiveMessageOnPort(this.#port);
      const frames = found && this.#open(found.message);
      if (frames !== undefined) return frames;
      if (found === undefined) Atomics.wait(this.#sleep, 0, 0, LOOK_MS);
    }
    return undefined;
  }

  #open(news: AtDoor): FrameStream | undefined {
    if ("port" in news) return new FrameStream(nodePortChannel(news.port, news.peer));
    this.onDead(news.dead);
    return undefined;
  }
}
