import type { Bytes, PageCount } from "../units.js";
import type { StreamCommand } from "./commands.js";
import type { RamBlock } from "./ram-blocks.js";
import type { VmDescription } from "./vm-description.js";

/**
 * How a page came: as 9 bytes that say it is zero; raw; as an XBZRLE delta to what the target holds;
 * compressed with zlib on the main channel (the `compress` capability); in a packet of a multifd channel,
 * or named there as zero (since QEMU 9.0); from its place in a mapped-ram file.
 */
export type PageKind =
  | "zero"
  | "raw"
  | "xbzrle"
  | "compressed"
  | "multifd"
  | "multifd-zero"
  | "mapped";

/** No pages yet, of any kind: what counting them begins with. */
export function noPages(): Record<PageKind, PageCount> {
  return {
    zero: 0,
    raw: 0,
    xbzrle: 0,
    compressed: 0,
    multifd: 0,
    "multifd-zero": 0,
    mapped: 0,
  };
}

/** Takes pages in the order in which they must be applied. */
export interface PageSink {
  /**
   * @param offset - Where the page lies in its block, bytes; a multiple of 4096 below the block's length.
   * @param bytes - The delta for `"xbzrle"`, nothing for the two kinds of zero, else the page's 4096 bytes,
   *   decompressed. A view that is valid until the call returns.
   * @param wireBytes - What the page took on the wire: of its record, or its share of a packet.
   */
  page(block: RamBlock, offset: number, kind: PageKind, bytes: Uint8Array, wireBytes: Bytes): void;
}

/** What comes right behind the stream's magic. */
export interface Configuration {
  /** Such as `pc-i440fx-7.2`; it decides the variant of what follows. */
  readonly machineType: string;
  /** Capabilities that change the format: `x-ignore-shared`, `mapped-ram`. */
  readonly capabilities: readonly string[];
  /** 16 bytes where the source lets identities be compared; else null. */
  readonly uuid: Uint8Array | null;
  /** The bytes from the magic to the end of this, to be sent again as they are. */
  readonly bytes: Uint8Array;
}

/** One section of the stream: a part of the RAM, or the state of a device. */
export interface SectionHeader {
  readonly kind: "start" | "part" | "end" | "full";
  readonly sectionId: number;
  /** Who saves itself here: `ram`, `timer`, `0000:00:02.0/vga`. */
  readonly name: string;
  /** Tells devices of one name apart: for `cpu` the number of the CPU. */
  readonly instanceId: number;
  readonly versionId: number;
  /** Where the section's first byte is. */
  readonly offset: number;
  /** Whether it came inside the package of a post-copy. */
  readonly isPackaged: boolean;
}

/** The state of a device, or a private part of another section than the RAM. */
export interface DeviceSection extends SectionHeader {
  /** Between header and footer; the visitor may keep it. */
  readonly body: Uint8Array;
}

/**
 * What a decoder tells of a stream, in its order. All methods are optional. Those that may answer a
 * promise are awaited, so that a live target can reply before the stream goes on.
 */
export interface StreamVisitor extends Partial<PageSink> {
  configuration?(configuration: Configuration): void;
  /** Before a section's contents, or before each of its records if it is the RAM's. */
  sectionStart?(section: SectionHeader): void;
  /** Behind a section's footer. @param bytes - What it took with its header and footer. */
  sectionEnd?(section: SectionHeader, bytes: Bytes): void | Promise<void>;
  /**
   * The table of the guest's memory, before the first page. Again with each block in a mapped-ram file, where
   * pages lie between the rows, and whenever a source sets up anew.
   */
  ramBlocks?(blocks: readonly RamBlock[]): void | Promise<void>;
  /** The whole state of a device, or a part of a section whose format is private (`dirty-bitmap`, `block`, vfio). */
  device?(section: DeviceSection): void;
  /** State of a device came over a multifd channel (vfio, since 10.0) and was read over. */
  deviceState?(name: string): void;
  /** A command; for `packaged` before what is inside it. */
  command?(command: StreamCommand): void | Promise<void>;
  /** What was inside the package of a post-copy has all been told. */
  packageEnd?(): void | Promise<void>;
  /** A place where multifd channels, if there are any, have been waited for; pages before it are older than those behind. */
  barrier?(): void;
  /** The stream's sections are complete. The description may follow, except after post-copy. */
  end?(): void | Promise<void>;
  /** What the devices' bytes mean. @param text - The JSON as it came. */
  description?(description: VmDescription, text: Uint8Array): void | Promise<void>;
}

const NOBODY: PageSink = { page: () => undefined };

/** Where a visitor's pages go. */
export function sinkOf(visitor: StreamVisitor): PageSink {
  return visitor.page === undefined ? NOBODY : (visitor as PageSink);
}
