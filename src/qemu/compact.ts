import type { Bytes, PageCount } from "../units.js";
import type { ChannelKind } from "./recording.js";
import type { DecoderOptions } from "./stream-decoder.js";
import type { PageKind } from "./stream-visitor.js";
import type { VmImageOptions } from "./vm-image.js";

/** The bytes of a channel, in order. */
export type ChannelBytes = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

/** How a recorded migration is written anew. */
export interface CompactOptions extends Pick<DecoderOptions, "deviceLimit">, VmImageOptions {
  /**
   * Keeps every version of every page in its order, and makes XBZRLE deltas of those that come again, with a
   * cache of so many bytes (a power of two from 4096; QEMU's default is 64 MiB). Default: each page once.
   */
  readonly xbzrleCache?: Bytes | undefined;
  /** Ends it with an AbortedError. */
  readonly signal?: AbortSignal;
  /** Called for each piece that was read or written; a promise it answers is waited for. */
  readonly onProgress?: (progress: CompactProgress) => void | Promise<void>;
}

export interface CompactProgress {
  readonly phase: "read" | "write";
  /** Read or written so far. */
  readonly bytes: Bytes;
}

/** What became of a recorded migration. */
export interface CompactReport {
  /** Such as `pc-i440fx-7.2`. */
  readonly machineType: string;
  /** Of all blocks of the guest's memory. */
  readonly memoryBytes: Bytes;
  /** Whether it was a post-copy. What was written is a pre-copy either way. */
  readonly isPostCopy: boolean;
  /** The channels that were read, in the order they were given; bytes are those after decompression. */
  readonly channels: readonly { readonly kind: ChannelKind; readonly bytes: Bytes }[];
  readonly bytesBefore: Bytes;
  readonly bytesAfter: Bytes;
  /** Page records that were read. */
  readonly pagesBefore: Readonly<Record<PageKind, PageCount>>;
  /** Page records that were written; `unchanged` are versions of pages that need none. */
  readonly pagesAfter: {
    readonly zero: PageCount;
    readonly raw: PageCount;
    readonly xbzrle: PageCount;
    readonly unchanged: PageCount;
  };
  /** Pages of which nothing was recorded and nothing written: their contents do not matter, or both sides share them. */
  readonly absentPages: PageCount;
  /** Sections that are devices' states. */
  readonly devices: number;
  /** Whether the stream says what the devices' bytes mean; not so after a post-copy. QEMU itself does not look. */
  readonly isDescribed: boolean;
  /** What was written must decode to; for {@link verifyStream}. */
  readonly fingerprint: VmFingerprint;
}

/** What tells a guest from any other: digests of its pages, and the states of its devices. */
export interface VmFingerprint {
  /** XXH3 digests of all pages; of pages that never came, those of zeros. */
  readonly blocks: readonly {
    readonly name: string;
    readonly bytes: Bytes;
    readonly digests: BigUint64Array;
  }[];
  readonly devices: readonly {
    readonly name: string;
    readonly instanceId: number;
    readonly versionId: number;
    readonly body: Uint8Array;
  }[];
}

/**
 * Writes a recorded migration of QEMU, of whatever kind, as one plain stream that QEMU loads (`-incoming
 * "exec:cat FILE"`, or over a socket): raw, XBZRLE, compressed, multifd, post-copy or mapped-ram becomes a
 * pre-copy with each page once. Of a post-copy that is sound: its devices are saved when the guest stops at
 * the source, which never runs again, so the pages that follow are of the same instant.
 *
 * It holds the guest's memory that is not zero.
 *
 * @param channels - In any order; exactly one is the main channel.
 * @param write - Takes the stream in pieces of some 256 KiB: views that are valid until it returns.
 * @throws WireFormatError for bytes that break the format, and for a recording that is not whole.
 * @throws InvalidOptionError for other channels or options.
 */
export async function compactStream(
  channels: readonly ChannelBytes[],
  write: (bytes: Uint8Array<ArrayBuffer>) => void,
  options: CompactOptions = {},
): Promise<CompactReport> {
  return (await import("./compaction.js")).compact(channels, write, options);
}

/**
 * Decodes a stream and compares what it leaves with what it should. It holds the guest's memory that is not zero.
 *
 * @throws VerificationError when pages differ.
 * @throws WireFormatError when devices differ, or the bytes break the format.
 */
export async function verifyStream(
  channels: readonly ChannelBytes[],
  expected: VmFingerprint,
  options: Pick<CompactOptions, "deviceLimit" | "memoryLimit" | "signal"> = {},
): Promise<void> {
  return (await import("./compaction.js")).verify(channels, expected, options);
}
