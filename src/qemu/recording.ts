import { InvalidOptionError, WireFormatError } from "../errors.js";
import { MultifdChannel, readMultifdInit } from "./multifd-channel.js";
import type { RamBlocks } from "./ram-blocks.js";
import { RamRecords } from "./ram-records.js";
import { type DecoderOptions, StreamDecoder } from "./stream-decoder.js";
import { StreamReader } from "./stream-reader.js";
import { type PageSink, type StreamVisitor, sinkOf } from "./stream-visitor.js";
import { SyncBarrier } from "./sync-barrier.js";
import { MULTIFD_MAGIC, Section, STREAM_MAGIC } from "./wire.js";

/** What a channel of a migration is, told by its first bytes. */
export type ChannelKind = "main" | "resumed" | "multifd" | "preempt";

/** Looks at a channel's first bytes without reading over them. An empty channel is a preempt one without pages. */
export async function recogniseChannel(reader: StreamReader): Promise<ChannelKind> {
  if (!(await reader.hasMore())) return "preempt";
  if (reader.available < 4) await reader.fill(4, "a channel's first bytes");
  const word = reader.view.getUint32(reader.position);
  if (word === STREAM_MAGIC) return "main";
  if (word === MULTIFD_MAGIC) return "multifd";
  return reader.bytes[reader.position] === Section.command ? "resumed" : "preempt";
}

/** What a decoded recording was made of. */
export interface RecordingSummary {
  /** What each channel was, in the order they were given. */
  readonly channels: readonly { readonly kind: ChannelKind; readonly bytes: number }[];
  /** How often all channels met at a SYNC. */
  readonly syncs: number;
  /** The memory that was declared. */
  readonly blocks: RamBlocks;
}

interface Channel {
  readonly name: string;
  readonly reader: StreamReader;
  readonly kind: ChannelKind;
}

/**
 * Decodes a recorded migration of one or several channels, in any order: the main one, those of multifd,
 * the second one of a post-copy, and what came over a new link after a broken one. Multifd channels are
 * interleaved with the main one at their barriers; the second channel of a post-copy is read last, since
 * its pages come on no other channel once they were discarded.
 *
 * @throws WireFormatError for bytes that break the format; channels other than the main one are named by
 *   their position, from 1.
 * @throws InvalidOptionError unless exactly one of them is a main channel.
 */
export async function decodeRecording(
  sources: readonly (AsyncIterable<Uint8Array> | Iterable<Uint8Array>)[],
  visitor: StreamVisitor,
  options: DecoderOptions = {},
): Promise<RecordingSummary> {
  const channels: Channel[] = [];
  for (const [index, source] of sources.entries()) {
    const reader = new StreamReader(source);
    channels.push({ name: `channel ${index + 1}`, reader, kind: await recogniseChannel(reader) });
  }
  try {
    return await decodeChannels(channels, visitor, options);
  } finally {
    await Promise.allSettled(channels.map(({ reader }) => reader.close()));
  }
}

async function decodeChannels(
  channels: readonly Channel[],
  visitor: StreamVisitor,
  options: DecoderOptions,
): Promise<RecordingSummary> {
  const of = (kind: ChannelKind): Channel[] => channels.filter((one) => one.kind === kind);
  const [main, ...others] = of("main");
  if (channels.length > 0 && of("preempt").length === channels.length) {
    throw new WireFormatError("this is no migration stream of QEMU", 0);
  }
  if (main === undefined || others.length > 0) {
    const found = channels.map(({ kind }) => kind).join(", ");
    throw new InvalidOptionError("channels", found, "exactly one main channel of a QEMU stream");
  }
  const multifd = of("multifd");
  const barrier = new SyncBarrier(1 + multifd.length);
  const hasChannels = multifd.length > 0;
  const meet = hasChannels ? (): Promise<void> => barrier.arrive() : undefined;
  const decoder = new StreamDecoder(visitor, { ...options, ...(meet && { meet }) });
  const { blocks } = decoder;
  const party = async (work: Promise<void>): Promise<void> => {
    try {
      await work;
      barrier.leave();
    } catch (error) {
      barrier.fail(error);
      throw error;
    }
  };
  await settleAll([
    party(readMain(decoder, main, of("resumed"))),
    ...multifd.map((channel) => party(readMultifd(channel, blocks, visitor, barrier))),
  ]);
  for (const channel of of("preempt")) {
    await named(channel, readPreemptChannel(channel.reader, blocks, sinkOf(visitor)));
  }
  return {
    channels: channels.map(({ kind, reader }) => ({ kind, bytes: reader.offset })),
    syncs: hasChannels ? barrier.passed : 0,
    blocks,
  };
}

/** All must have stopped before the first failure is told, so that nothing goes on behind it. */
async function settleAll(works: readonly Promise<void>[]): Promise<void> {
  const outcomes = await Promise.allSettled(works);
  for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason;
}

async function readMain(
  decoder: StreamDecoder,
  main: Channel,
  resumed: readonly Channel[],
): Promise<void> {
  const links = [main, ...resumed];
  for (const [index, { reader }] of links.entries()) {
    try {
      await decoder.read(reader);
    } catch (error) {
      // A link that breaks ends anywhere; what matters then is what came over the next.
      const isBroken = decoder.isRunning && reader.hasEnded;
      if (!isBroken || index === links.length - 1) throw error;
    }
  }
}

async function readMultifd(
  channel: Channel,
  blocks: RamBlocks,
  visitor: StreamVisitor,
  barrier: SyncBarrier,
): Promise<void> {
  await readMultifdInit(channel.reader);
  const reader = new MultifdChannel({
    blocks,
    sink: sinkOf(visitor),
    sync: () => barrier.arrive(),
    deviceState: (name) => visitor.deviceState?.(name),
  });
  await named(channel, reader.read(channel.reader));
}

/** Reads the second channel of a post-copy: bare page records, up to its end. */
export async function readPreemptChannel(
  reader: StreamReader,
  blocks: RamBlocks,
  sink: PageSink,
): Promise<void> {
  const records = new RamRecords(blocks, sink);
  while (await reader.hasMore()) {
    if ((await records.read(reader)) !== "end") {
      throw new WireFormatError("a channel of bare pages with something else", reader.offset);
    }
  }
}

/** Says in an error which channel it is about. */
async function named<T>(channel: Channel, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof WireFormatError)) throw error;
    const message = error.message.replace(/ \(at byte \d+\)$/, "");
    throw new WireFormatError(`${channel.name}: ${message}`, error.offset, { cause: error });
  }
}
