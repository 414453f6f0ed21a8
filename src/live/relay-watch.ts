import { isGodwitError } from "../errors.js";
import { StreamReader } from "../qemu/stream-reader.js";
import { noPages, type PageKind, type StreamVisitor } from "../qemu/stream-visitor.js";
import { VmImage } from "../qemu/vm-image.js";
import type { PageCount } from "../units.js";
import { ByteQueue } from "./byte-queue.js";
import { LiveChannels } from "./live-channels.js";
import { within } from "./within.js";

/** How long what has come may take to be understood, ms; longer, and a channel waits for what never comes. */
const SETTLE_MS = 10_000;

/** What a relay understood of what went through it. */
export interface RelayedContents {
  readonly machineType: string | null;
  /** Pages by the way they went; a page counts each time. */
  readonly pages: Readonly<Record<PageKind, PageCount>>;
  /** Whether the migration came to its end. */
  readonly isComplete: boolean;
  /** Whether the guest was started at the target while pages followed. */
  readonly isPostcopy: boolean;
  /** Why it was not understood, or broke off; null while all is well. */
  readonly problem: string | null;
}

/** Decodes what goes through a relay, beside it: bytes are carried on whatever becomes of this. */
export class RelayWatch {
  /** The guest as it goes over the wire; null where only what passes is counted. */
  readonly image: VmImage | null;
  readonly #pages: Record<PageKind, PageCount> = noPages();
  readonly #queues: ByteQueue[] = [];
  readonly #channels: LiveChannels;
  readonly #done: Promise<void>;
  #onProblem: () => void = () => {};
  #machineType: string | null = null;
  #isComplete = false;
  #problem: string | null = null;

  /** @param keepsImage - Whether to keep the guest's memory. */
  constructor(keepsImage: boolean) {
    this.image = keepsImage ? new VmImage() : null;
    this.#channels = new LiveChannels(this.#visitor());
    const troubled = new Promise<void>((resolve) => {
      this.#onProblem = resolve;
    });
    this.#done = Promise.race([this.#read(), troubled]);
  }

  /** Takes what came on a channel; null is its end. */
  async take(channel: number, bytes: Uint8Array | null): Promise<void> {
    const queue = this.#queues[channel] ?? this.#open(channel);
    if (bytes === null) queue.close();
    else await queue.push(bytes);
  }

  /** Waits until what was taken is understood, if it can be. */
  async settle(): Promise<void> {
    for (const queue of this.#queues) queue.close();
    await within(SETTLE_MS, this.#done);
    if (!this.#isComplete) this.#problem ??= "this was no whole migration of QEMU";
  }

  /** What was understood so far. */
  get contents(): RelayedContents {
    return {
      machineType: this.#machineType,
      pages: { ...this.#pages },
      isComplete: this.#isComplete,
      isPostcopy: this.#channels.decoder.isRunning,
      problem: this.#problem,
    };
  }

  #open(channel: number): ByteQueue {
    const queue = new ByteQueue();
    this.#queues[channel] = queue;
    this.#channels.add(new StreamReader(queue)).catch((error) => this.#giveUp(error));
    return queue;
  }

  async #read(): Promise<void> {
    try {
      await this.#channels.decoder.read(await this.#channels.nextMain(false));
      const missing = (): number =>
        this.image?.memory.reduce((sum, pages) => sum + pages.missing, 0) ?? 0;
      await this.#channels.awaitUrgent(() => this.image !== null && missing() === 0);
    } catch (error) {
      this.#giveUp(error);
    }
  }

  #giveUp(error: unknown): void {
    this.#problem ??= isGodwitError(error) ? error.message : String(error);
    for (const queue of this.#queues) queue.abandon();
    this.#onProblem();
  }

  #visitor(): StreamVisitor {
    const { image } = this;
    return {
      configuration: (configuration) => {
        this.#machineType = configuration.machineType;
        image?.configuration(configuration);
      },
      ramBlocks: (blocks) => image?.ramBlocks(blocks),
      page: (block, offset, kind, bytes) => {
        this.#pages[kind]++;
        image?.page(block, offset, kind, bytes);
      },
      command: (command) => image?.command(command),
      end: () => {
        this.#isComplete = true;
      },
    };
  }
}
