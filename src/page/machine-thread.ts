import type { FromMachine, ToMachine } from "./worker-messages.js";

/** A machine's thread, as the page sees it: orders go in, tidings come out. */
export class MachineThread {
  readonly #worker: Worker;

  constructor(onTidings: (tidings: FromMachine) => void) {
    this.#worker = new Worker(new URL("./machine-worker.ts", import.meta.url), {
      type: "module",
      name: "machine",
    });
    this.#worker.onmessage = ({ data }: MessageEvent<FromMachine>) => onTidings(data);
    this.#worker.onerror = (event) => {
      event.preventDefault();
      const words = event.message || "its script could not be loaded";
      onTidings({ tells: "failed", words: `The machine's thread ended: ${words}` });
    };
  }

  order(order: ToMachine, transfer: Transferable[] = []): void {
    this.#worker.postMessage(order, transfer);
  }

  /** Ends it at once, with the machine. */
  end(): void {
    this.#worker.onmessage = null;
    this.#worker.onerror = null;
    this.#worker.terminate();
  }
}
