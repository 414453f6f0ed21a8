import { WireFormatError } from "../errors.js";
import type { StreamCommand } from "../qemu/commands.js";
import type { RamBlock } from "../qemu/ram-blocks.js";
import { ReplyWriter } from "../qemu/reply-writer.js";
import {
  type Configuration,
  type DeviceSection,
  noPages,
  type PageKind,
  type SectionHeader,
  type StreamVisitor,
} from "../qemu/stream-visitor.js";
import type { VmDescription } from "../qemu/vm-description.js";
import { type Bytes, PAGE_SIZE, type PageCount } from "../units.js";
import type { DiskImage } from "./disk-image.js";
import { PageRequests } from "./page-requests.js";

/** What a live target needs of its surroundings. */
export interface TargetSurroundings {
  readonly image: DiskImage;
  /** Sends on the return path of the link that is up. */
  reply(bytes: Uint8Array): Promise<void>;
  /** How many missing pages to ask for when the guest would run. */
  readonly requestPages: PageCount;
}

/** The part of a QEMU target that answers its source: what comes is applied, and replied to. */
export class LiveTarget implements StreamVisitor {
  readonly requests: PageRequests = new PageRequests();
  /** Pages by the way they came. */
  readonly pages: Record<PageKind, PageCount> = noPages();
  readonly #around: TargetSurroundings;
  readonly #replies: ReplyWriter = new ReplyWriter();
  #hasReturnPath = false;
  #hasEnded = false;

  constructor(around: TargetSurroundings) {
    this.#around = around;
  }

  /** Whether the source waits to be told the end. */
  get hasReturnPath(): boolean {
    return this.#hasReturnPath;
  }

  /** Whether all sections have come; a description may follow. */
  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  configuration(configuration: Configuration): void {
    const [capability] = configuration.capabilities;
    // Memory that both sides are to share, or that lies beside the stream, would not come.
    if (capability !== undefined)
      throw new WireFormatError(`the source uses ${capability}, which leaves memory out`, -1);
    this.#around.image.configuration(configuration);
  }

  ramBlocks(blocks: readonly RamBlock[]): void {
    this.#around.image.ramBlocks(blocks);
  }

  page(block: RamBlock, offset: Bytes, kind: PageKind, bytes: Uint8Array): void {
    this.#around.image.page(block, offset, kind, bytes);
    this.pages[kind]++;
    this.requests.arrived(block, offset);
  }

  sectionStart(section: SectionHeader): void {
    this.#around.image.sectionStart(section);
  }

  device(section: DeviceSection): void {
    this.#around.image.device(section);
  }

  description(description: VmDescription, text: Uint8Array): void {
    this.#around.image.description(description, text);
  }

  end(): void {
    this.#hasEnded = true;
  }

  async command(command: StreamCommand): Promise<void> {
    switch (command.kind) {
      case "open-return-path":
        this.#hasReturnPath = true;
        return;
      case "ping":
        return this.#around.reply(this.#replies.pong(command.value));
      case "ram-discard":
        this.#around.image.command(command);
        return;
      case "postcopy-run":
        this.requests.choose(this.#around.image, this.#around.requestPages);
        return this.#ask();
      case "recv-bitmap":
        return this.#tellReceived(command.block);
      case "postcopy-resume":
        await this.#around.reply(this.#replies.resumeAck());
        this.#replies.forget();
        return this.#ask();
      default:
        return;
    }
  }

  /** Tells the source that all is well, or not. */
  async shut(isGood: boolean): Promise<void> {
    if (this.#hasReturnPath) await this.#around.reply(this.#replies.shut(isGood));
  }

  /** Asks for every page that was chosen and has not come. */
  async #ask(): Promise<void> {
    for (const { block, start, length } of this.requests.open) {
      await this.#around.reply(this.#replies.requestPages(block.name, start, length));
    }
  }

  /** Pages that are not missing are here; what was never sent is of no interest to the source either. */
  async #tellReceived(block: RamBlock): Promise<void> {
    const { missing } = this.#around.image.missingPages[block.index] ?? {};
    if (missing === undefined) return;
    const received = missing.bytes.map((byte) => ~byte);
    for (let page = block.length / PAGE_SIZE; page < 8 * received.length; page++) {
      received[page >>> 3] = (received[page >>> 3] as number) & ~(1 << (page & 7));
    }
    await this.#around.reply(this.#replies.receivedBitmap(block.name, received));
  }
}
