import { WireFormatError } from "../errors.js";
import { type Bytes, PAGE_SIZE, type PageCount } from "../units.js";
import type { BlockPages } from "./block-pages.js";
import type { StreamCommand } from "./commands.js";
import type { RamBlock } from "./ram-blocks.js";
import {
  type DeviceSection,
  noPages,
  type PageKind,
  type SectionHeader,
} from "./stream-visitor.js";
import type { SectionName } from "./stream-writer.js";
import { VmImage } from "./vm-image.js";

/** Most bytes that sections of other kinds than the RAM and the devices may have together: `dirty-bitmap`, `block`. */
const PRIVATE_LIMIT: Bytes = 64 * 1024 * 1024;

/** Sections besides the RAM, in the order in which a stream must have them. */
export interface OtherSections {
  /** Whole devices that come before the memory (virtio-mem since QEMU 8). */
  readonly early: readonly DeviceSection[];
  /** Of other subsystems, in formats of their own: begun, gone on with and ended. */
  readonly iterated: readonly DeviceSection[];
  /** Whole devices that need the memory. */
  readonly late: readonly DeviceSection[];
}

/** A guest with everything that it takes to send it again: what an image holds, and how its stream was divided. */
export class WholeVm extends VmImage {
  /** Records that were applied, by kind. */
  readonly received: Record<PageKind, PageCount> = noPages();
  readonly #early: DeviceSection[] = [];
  readonly #iterated: DeviceSection[] = [];
  readonly #late: DeviceSection[] = [];
  #ram: SectionName | null = null;
  #privateBytes = 0;
  #lostState: string | null = null;
  #isPostCopy = false;

  /** Whether the guest was told to run before all its pages had come. */
  get isPostCopy(): boolean {
    return this.#isPostCopy;
  }

  /** Sections besides the RAM's. */
  get sections(): OtherSections {
    return { early: this.#early, iterated: this.#iterated, late: this.#late };
  }

  /** How the RAM's section is called. @throws WireFormatError where the stream had none. */
  get ram(): SectionName {
    if (this.#ram === null) throw new WireFormatError("the stream holds no memory", -1);
    return this.#ram;
  }

  sectionStart(section: SectionHeader): void {
    if (section.name === "ram" && section.kind === "start") this.#ram = section;
  }

  override page(block: RamBlock, offset: number, kind: PageKind, bytes: Uint8Array): void {
    this.received[kind]++;
    super.page(block, offset, kind, bytes);
  }

  override command(command: StreamCommand): void {
    if (command.kind === "postcopy-run") this.#isPostCopy = true;
    this.outdate(command);
  }

  /** Pages that a post-copy discards are missing until they come again. */
  protected outdate(command: StreamCommand): void {
    super.command(command);
  }

  /** @throws WireFormatError for a section that no reader would know for one: its end is found by what follows. */
  override device(section: DeviceSection): void {
    const isPlain = /^[ -~]+$/.test(section.name) && section.versionId <= 0xffff;
    if (!isPlain) {
      const name = JSON.stringify(section.name.slice(0, 60));
      throw new WireFormatError(`a device of an impossible kind, ${name}`, section.offset);
    }
    super.device(section);
    const { kind, body } = section;
    if (kind === "full") (this.#ram === null ? this.#early : this.#late).push(section);
    else {
      this.#iterated.push(section);
      this.#privateBytes += body.length;
      if (this.#privateBytes > PRIVATE_LIMIT) {
        throw new WireFormatError(
          `sections of ${JSON.stringify(section.name)} with more than ${PRIVATE_LIMIT} bytes`,
          section.offset,
        );
      }
    }
  }

  /** State that came in packets beside the pages is not kept. */
  deviceState(name: string): void {
    this.#lostState = name;
  }

  /**
   * Whether a page that never came is to be sent as zeros. A mapped-ram file has only pages that are not
   * zero. Anywhere else such a page has no contents that matter, or is not the stream's to bring: memory
   * that both sides share (`x-ignore-shared`), which also a mapped-ram file leaves out.
   */
  hasZerosUnsaid({ block, missing }: BlockPages): boolean {
    if (block.mapped === null) return false;
    return block.address === null || missing < block.length / PAGE_SIZE;
  }

  /**
   * Makes sure that nothing is missing.
   *
   * @throws WireFormatError for a stream without memory or without devices, for a post-copy that was not
   *   recorded to its end, and for state that travelled beside the stream.
   */
  assertWhole(): void {
    if (this.ram.name === "" || this.devices.length === 0) {
      throw new WireFormatError("the stream holds no devices", -1);
    }
    const outstanding: PageCount = this.memory.reduce((sum, one) => sum + one.outstanding, 0);
    if (outstanding > 0) {
      throw new WireFormatError(
        `${outstanding} of the pages that the post-copy discarded never came again; is a channel missing?`,
        -1,
      );
    }
    if (this.#lostState !== null) {
      throw new WireFormatError(
        `the state of ${JSON.stringify(this.#lostState)} came over a multifd channel, which cannot be sent again`,
        -1,
      );
    }
  }
}
