import type { Socket } from "node:net";
import { isGodwitError, PeerFailedError } from "../errors.js";
import type { Reply } from "../qemu/return-path.js";
import { StreamWriter } from "../qemu/stream-writer.js";
import { type Bytes, PAGE_SIZE, type PageCount } from "../units.js";
import { Pacer } from "./pacer.js";
import { PageSupply } from "./page-supply.js";
import type { SendOptions, SendProgress, SendReport } from "./send.js";
import { writeTo } from "./socket-bytes.js";
import type { StoredVm } from "./stored-vm.js";
import { TargetReplies } from "./target-replies.js";
import { VmSections } from "./vm-sections.js";

/** Pages in a section of the RAM: large in a pre-copy, small where a request may come in between. */
const PRECOPY_PAGES: PageCount = 256;
const POSTCOPY_PAGES: PageCount = 16;
/** What is read for a request at a time. */
const PIECE_BYTES: Bytes = 2 ** 20;
/** Most requests that wait; a guest has no more than its processors and the devices that wait for pages. */
const MAX_REQUESTS = 100_000;
const PROGRESS_MS = 100;
/** Values of the pings: behind them the target has the head, and all of the devices. */
const PING_HEAD = 1;
const PING_DEVICES = 3;

interface Request {
  readonly block: string;
  readonly start: Bytes;
  readonly length: Bytes;
}

/** One sending of a stored VM. */
export class SendSession {
  readonly #vm: StoredVm;
  readonly #socket: Socket;
  readonly #options: SendOptions;
  readonly #sections: VmSections;
  readonly #supply: PageSupply;
  readonly #writer: StreamWriter = new StreamWriter();
  readonly #replies: TargetReplies;
  readonly #pacer: Pacer;
  readonly #startMs: number = performance.now();
  readonly #totalPages: PageCount;
  readonly #requests: Request[] = [];
  #lastRequestedBlock: string | null = null;
  #requestedPages = 0;
  #bytes = 0;
  #toldMs = 0;
  #devicesLoadedMs: number | null = null;
  #failure: unknown = null;

  constructor(vm: StoredVm, socket: Socket, options: SendOptions) {
    this.#vm = vm;
    this.#socket = socket;
    this.#options = options;
    this.#sections = new VmSections(vm);
    this.#supply = new PageSupply(vm);
    this.#totalPages = this.#supply.left;
    this.#pacer = new Pacer(options.maxBandwidth ?? Number.POSITIVE_INFINITY);
    this.#replies = new TargetReplies(socket, options.to, (reply) => this.#hear(reply));
    this.#replies.done().catch((error) => {
      this.#failure = error;
    });
  }

  async run(): Promise<SendReport> {
    try {
      if (this.#options.postCopy) await this.#sendLazily();
      else await this.#sendWhole();
      await this.#replies.done();
    } catch (error) {
      // Why the target went says more than that nothing can be written any more.
      await new Promise((resume) => setImmediate(resume));
      throw this.#explained(this.#failure ?? error);
    }
    return {
      ...this.#progress(),
      devicesLoadedMs: this.#devicesLoadedMs,
      requestedPages: this.#requestedPages,
    };
  }

  /** A QEMU that does not take a VM only closes the connection, so what it must be like is said in its place. */
  #explained(error: unknown): unknown {
    if (this.#devicesLoadedMs !== null || !isGodwitError(error, "PeerFailedError")) return error;
    const machine = `be a ${this.#vm.manifest.machineType} with the memory and the devices of the stored one`;
    const needs = this.#options.postCopy
      ? `have its capability postcopy-ram on and ${machine}`
      : machine;
    const reason = `${error.reason}; it must ${needs}, and its own log says what is wrong`;
    return new PeerFailedError(this.#options.to, reason, { cause: error });
  }

  /** Memory, devices, description: the guest runs when it has everything. */
  async #sendWhole(): Promise<void> {
    const writer = this.#writer;
    this.#writeHead(false);
    while (this.#supply.left > 0) {
      await this.#sendPart("part", (out) => this.#supply.writeNext(out, PRECOPY_PAGES));
    }
    await this.#sendPart("end", async () => {});
    this.#sections.writeLate(writer);
    writer.ping(PING_DEVICES);
    writer.end();
    // QEMU reads one before it answers, and does not look into it.
    writer.description(this.#vm.description);
    await this.#flush();
  }

  /** Devices first; then the guest runs, and its memory follows. */
  async #sendLazily(): Promise<void> {
    const writer = this.#writer;
    this.#writeHead(true);
    // Also what was never there is discarded: without any discard QEMU would wait for itself.
    for (const { name, length } of this.#vm.manifest.blocks) {
      writer.discard(name, [{ start: 0, length }]);
    }
    const inside = new StreamWriter();
    inside.listen();
    this.#sections.writeLate(inside);
    inside.ping(PING_DEVICES);
    inside.run();
    writer.packaged(inside.take());
    await this.#flush();
    while (this.#supply.left > 0) {
      await this.#serve();
      const sent = await this.#sendPart("part", (out) =>
        this.#supply.writeNext(out, POSTCOPY_PAGES),
      );
      await this.#pacer.pass(sent);
    }
    await this.#sendPart("end", async () => {});
    writer.end();
    await this.#flush();
  }

  #writeHead(isAdvised: boolean): void {
    const writer = this.#writer;
    writer.verbatim(this.#vm.configuration);
    writer.openReturnPath();
    writer.ping(PING_HEAD);
    if (isAdvised) writer.advisePostcopy(this.#hostPageSizes(), PAGE_SIZE);
    this.#sections.writeEarly(writer);
    this.#sections.writeTable(writer, isAdvised);
  }

  #hostPageSizes(): Bytes {
    const sizes = this.#vm.manifest.blocks.map(({ hostPageSize }) => hostPageSize ?? PAGE_SIZE);
    return [...new Set(sizes)].reduce((sum, size) => sum + size, 0);
  }

  /** Sends what the guest waits for, a section for each request. */
  async #serve(): Promise<void> {
    for (let request = this.#requests.shift(); request; request = this.#requests.shift()) {
      const { block, start, length } = request;
      await this.#sendPart("part", async (out) => {
        for (let at = start; at < start + length; at += PIECE_BYTES) {
          const count = Math.min(PIECE_BYTES, start + length - at);
          if ((await this.#supply.writeRequested(out, block, at, count)) < 0)
            throw new PeerFailedError(this.#options.to, "it asks for pages beyond its memory");
          // A huge page is more than is kept in memory.
          await this.#flush();
        }
      });
    }
  }

  /** Sends one section of the RAM; answers its bytes. */
  async #sendPart(
    kind: "part" | "end",
    write: (writer: StreamWriter) => Promise<unknown>,
  ): Promise<Bytes> {
    const { sectionId } = this.#sections.ram;
    this.#writer.continueSection(kind, sectionId);
    await write(this.#writer);
    this.#writer.endOfRecords();
    this.#writer.closeSection(sectionId);
    const bytes = await this.#flush();
    if (!this.#options.postCopy) await this.#pacer.pass(bytes);
    return bytes;
  }

  async #flush(): Promise<Bytes> {
    if (this.#failure !== null) throw this.#failure;
    const bytes = this.#writer.take();
    this.#bytes += bytes.length;
    await writeTo(this.#socket, bytes, this.#options.to);
    this.#tell();
    return bytes.length;
  }

  #hear(reply: Reply): void {
    if (reply.kind === "pong" && reply.value === PING_DEVICES) {
      this.#devicesLoadedMs = performance.now() - this.#startMs;
    }
    if (reply.kind !== "request-pages") return;
    const block = reply.block ?? this.#lastRequestedBlock;
    if (block === null || this.#requests.length >= MAX_REQUESTS) {
      this.#failure ??= new PeerFailedError(
        this.#options.to,
        "its requests for pages make no sense",
      );
      return;
    }
    this.#lastRequestedBlock = block;
    this.#requests.push({ block, start: reply.start, length: reply.length });
    this.#requestedPages += Math.ceil(reply.length / PAGE_SIZE);
  }

  #tell(): void {
    const now = performance.now();
    if (now - this.#toldMs < PROGRESS_MS) return;
    this.#toldMs = now;
    this.#options.onProgress?.(this.#progress());
  }

  #progress(): SendProgress {
    return {
      elapsedMs: performance.now() - this.#startMs,
      bytes: this.#bytes,
      sentPages: this.#totalPages - this.#supply.left,
      totalPages: this.#totalPages,
    };
  }
}
