import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { MessageChannel, Worker } from "node:worker_threads";
import type { Channel } from "../../src/transport/channel.js";
import { nodePortChannel } from "../../src/transport/node-port-channel.js";
import type { Spoken } from "./linux-console.js";

type Message = { serial: number } | { arrived: object } | { failed: string };

/** A thread that receives a PC, which can wait there for absent pages without holding up the source. */
export class PcThread implements Spoken {
  /** Where the source sends it. */
  readonly channel: Channel;
  /** Resolves when all of its pages are there. */
  readonly arrived: Promise<void>;
  readonly #worker: Worker;
  readonly #listeners = new Set<(byte: number) => void>();

  constructor(memoryBytes: number) {
    const { port1, port2 } = new MessageChannel();
    this.channel = nodePortChannel(port1, "thread");
    this.#worker = new Worker(fileURLToPath(new URL("pc-thread.mjs", import.meta.url)), {
      workerData: { port: port2, memoryBytes },
      transferList: [port2],
    });
    this.arrived = new Promise((resolve, reject) => {
      this.#worker.once("error", reject);
      this.#worker.on("message", (message: Message) => {
        if ("serial" in message) for (const hear of this.#listeners) hear(message.serial);
        else if ("arrived" in message) resolve();
        else reject(new Error(message.failed));
      });
    });
    // Who awaits it hears of it.
    this.arrived.catch(() => {});
  }

  onSerial(listener: (byte: number) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  sendSerial(text: string): void {
    this.#worker.postMessage({ type: text });
  }

  async end(): Promise<void> {
    const ended = once(this.#worker, "exit");
    await this.#worker.terminate();
    await ended.catch(() => {});
  }
}
