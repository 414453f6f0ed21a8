import { AbortedError } from "../errors.js";
import type { Bytes, PageCount } from "../units.js";
import type { ChannelBytes, CompactOptions, CompactReport, VmFingerprint } from "./compact.js";
import { assertSame, fingerprint } from "./fingerprint.js";
import { decodeRecording, type RecordingSummary } from "./recording.js";
import { RoundsWriter } from "./rounds-writer.js";
import { VmImage } from "./vm-image.js";
import { noPagesWritten, type WrittenPages, writeVm } from "./vm-writer.js";
import { WholeVm } from "./whole-vm.js";

type Write = (bytes: Uint8Array<ArrayBuffer>) => void;

/** See `compactStream`. */
export async function compact(
  channels: readonly ChannelBytes[],
  write: Write,
  options: CompactOptions,
): Promise<CompactReport> {
  const watch = new Watch(options);
  const out = (bytes: Uint8Array<ArrayBuffer>): void => {
    watch.written += bytes.length;
    write(bytes);
  };
  const { xbzrleCache } = options;
  if (xbzrleCache === undefined) {
    const vm = new WholeVm(options);
    const summary = await decodeRecording(watch.over(channels), vm, options);
    const written = noPagesWritten();
    for (const chunk of writeVm(vm, written)) {
      out(chunk);
      await watch.look("write", watch.written);
    }
    return reportOn(vm, summary, written, watch.written);
  }
  const vm = new RoundsWriter({ ...options, xbzrleCache, sink: out });
  const summary = await decodeRecording(watch.over(channels), vm, options);
  vm.finish();
  return reportOn(vm, summary, vm.written, watch.written);
}

/** See `verifyStream`. */
export async function verify(
  channels: readonly ChannelBytes[],
  expected: VmFingerprint,
  options: CompactOptions,
): Promise<void> {
  const vm = new VmImage(options);
  await decodeRecording(new Watch(options).over(channels), vm, options);
  assertSame(fingerprint(vm), expected);
}

/** Counts what passes, and ends it when the caller wants. */
class Watch {
  written: Bytes = 0;
  #read: Bytes = 0;
  readonly #options: CompactOptions;

  constructor(options: CompactOptions) {
    this.#options = options;
  }

  over(channels: readonly ChannelBytes[]): AsyncGenerator<Uint8Array>[] {
    return channels.map((channel) => this.#over(channel));
  }

  async look(phase: "read" | "write", bytes: Bytes): Promise<void> {
    if (this.#options.signal?.aborted) throw new AbortedError("the stream was not written");
    await this.#options.onProgress?.({ phase, bytes });
  }

  async *#over(channel: ChannelBytes): AsyncGenerator<Uint8Array> {
    for await (const chunk of channel) {
      this.#read += chunk.length;
      await this.look("read", this.#read);
      yield chunk;
    }
  }
}

function reportOn(
  vm: WholeVm,
  { channels, blocks }: RecordingSummary,
  pagesAfter: WrittenPages,
  bytesAfter: Bytes,
): CompactReport {
  const absentPages: PageCount = vm.memory.reduce(
    (sum, pages) => sum + (vm.hasZerosUnsaid(pages) ? 0 : pages.missing),
    0,
  );
  return {
    machineType: vm.machine?.machineType ?? "",
    memoryBytes: blocks.totalBytes,
    isPostCopy: vm.isPostCopy,
    channels,
    bytesBefore: channels.reduce((sum, { bytes }) => sum + bytes, 0),
    bytesAfter,
    pagesBefore: vm.received,
    pagesAfter,
    absentPages,
    devices: vm.devices.length,
    isDescribed: vm.meaningText !== null,
    fingerprint: fingerprint(vm),
  };
}
