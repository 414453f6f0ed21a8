import { PAGE_SIZE } from "../units.js";
import type { StreamCommand } from "./commands.js";
import { cacheSizesFor, DeltaSimulation } from "./delta-potential.js";
import { cpuRegisters, type DescribedDevice, describeDevices } from "./device-fields.js";
import type { DeviceSummary, PageCounts, RoundSummary, StreamInspection } from "./inspection.js";
import type { RamBlock } from "./ram-blocks.js";
import { decodeRecording, type RecordingSummary } from "./recording.js";
import { ScanRounds } from "./scan-rounds.js";
import { type SentKind, SentMapRecorder } from "./sent-map.js";
import type { DecoderOptions } from "./stream-decoder.js";
import type { PageKind, SectionHeader } from "./stream-visitor.js";
import { VmImage, type VmImageOptions } from "./vm-image.js";

/** Times a page was sent that are counted one by one. */
const MOST_TIMES = 16;
const NO_PAGE = new Uint8Array(PAGE_SIZE);

/**
 * Reads a recorded migration and tells what is in it. Its channels may be given in any order; see
 * `decodeRecording`. It holds the guest's memory that is not zero, and 8 bytes for each page.
 *
 * @throws WireFormatError for bytes that break the format.
 * @throws InvalidOptionError unless exactly one channel is a main one.
 */
export async function inspectStream(
  channels: readonly (AsyncIterable<Uint8Array> | Iterable<Uint8Array>)[],
  options: DecoderOptions & VmImageOptions = {},
): Promise<StreamInspection> {
  const inspector = new Inspector(options);
  const summary = await decodeRecording(channels, inspector, options);
  return inspector.result(summary);
}

type Counts = { -readonly [Name in keyof PageCounts]: number };

const noPages = (): Counts => ({
  zero: 0,
  raw: 0,
  xbzrle: 0,
  compressed: 0,
  multifd: 0,
  mapped: 0,
});

/** Applies a stream's pages and keeps count. */
class Inspector extends VmImage {
  readonly #rounds = new ScanRounds();
  readonly #map = new SentMapRecorder();
  #deltas = new DeltaSimulation([], 0);
  #perBlock: Counts[] = [];
  readonly #perRound: (Omit<RoundSummary, "pages" | "bytes"> & { pages: Counts; bytes: number })[] =
    [];
  readonly #bytes = noPages();
  readonly #commands: Record<string, number> = {};
  /** A page's contents before it is sent again. */
  readonly #before = new Uint8Array(PAGE_SIZE);
  #pageCount = 0;
  #isStopped = false;
  #isPulling = false;

  override ramBlocks(blocks: readonly RamBlock[]): void {
    super.ramBlocks(blocks);
    const pages = this.pageCount;
    if (pages === this.#pageCount) return;
    this.#pageCount = pages;
    this.#perBlock = blocks.map((_, index) => this.#perBlock[index] ?? noPages());
    this.#rounds.prepare(pages);
    this.#map.prepare(pages);
    this.#deltas = new DeltaSimulation(cacheSizesFor(pages), pages);
  }

  sectionStart({ kind, name }: SectionHeader): void {
    if (name === "ram") this.#isStopped = kind === "end" && !this.#isPulling;
  }

  override command(command: StreamCommand): void {
    super.command(command);
    this.#commands[command.kind] = (this.#commands[command.kind] ?? 0) + 1;
    if (command.kind === "postcopy-run") this.#isPulling = true;
  }

  barrier(): void {
    this.#rounds.noteBarrier();
  }

  override page(
    block: RamBlock,
    offset: number,
    kind: PageKind,
    bytes: Uint8Array,
    wireBytes = 0,
  ): void {
    const isZero = kind === "zero" || kind === "multifd-zero";
    const before = isZero ? NO_PAGE : this.#keep(block, offset);
    super.page(block, offset, kind, bytes);
    const timesBefore = this.#isPulling
      ? this.#rounds.notePulled(block, offset)
      : this.#rounds.note(block, offset, kind);
    this.#tally(block, kind === "multifd-zero" ? "zero" : kind, wireBytes);
    const page = block.firstPage + offset / PAGE_SIZE;
    this.#map.note(page, this.#rounds.current, this.#sentKind(isZero));
    if (this.#isPulling) return;
    const sent = { page, round: this.#rounds.current, isLast: this.#isStopped };
    if (isZero) this.#deltas.sendZero(sent);
    else if (timesBefore > 0) {
      this.#deltas.send(sent, before, this.pagesOf(block)?.read(offset) ?? NO_PAGE);
    }
  }

  result({ channels, syncs }: RecordingSummary): StreamInspection {
    const pages = this.#sum();
    const sent = Object.values(pages).reduce((sum, count) => sum + count, 0);
    return {
      machineType: this.machine?.machineType ?? "",
      capabilities: this.machine?.capabilities ?? [],
      bytes: channels.reduce((sum, { bytes }) => sum + bytes, 0),
      channels,
      blocks: this.memory.map(({ block, missing }) => ({
        name: block.name,
        bytes: block.length,
        hostPageSize: block.hostPageSize,
        address: block.address,
        pages: this.#perBlock[block.index] ?? noPages(),
        missingPages: missing,
      })),
      pages,
      pageBytes: this.#bytes,
      rounds: (this.#perRound.at(-1)?.round ?? -1) + 1,
      perRound: this.#perRound,
      syncs,
      zeroShare: sent === 0 ? 0 : pages.zero / sent,
      repeats: this.#repeats(sent),
      deltaPotential: this.#deltas.potentials,
      isPostCopy: this.#isPulling,
      commands: this.#commands,
      devices: describeDevices(this.devices, this.meaning).map(summaryOf),
      map: this.#map.map,
    };
  }

  #keep(block: RamBlock, offset: number): Uint8Array {
    const page = this.pagesOf(block)?.read(offset);
    if (!page) return NO_PAGE;
    this.#before.set(page);
    return this.#before;
  }

  #sentKind(isZero: boolean): SentKind {
    if (this.#isPulling) return "pull";
    if (this.#isStopped) return "stop";
    return isZero ? "zero" : "push";
  }

  #tally(block: RamBlock, kind: keyof PageCounts, wireBytes: number): void {
    const counts = this.#perBlock[block.index] as Counts;
    counts[kind]++;
    this.#bytes[kind] += wireBytes;
    const round = this.#rounds.current;
    const phase = this.#isPulling ? "pull" : this.#isStopped ? "stop" : "push";
    let summary = this.#perRound.at(-1);
    if (summary?.round !== round || summary.phase !== phase) {
      summary = { round, phase, pages: noPages(), bytes: 0 };
      this.#perRound.push(summary);
    }
    summary.pages[kind]++;
    summary.bytes += wireBytes;
  }

  #sum(): Counts {
    const sum = noPages();
    for (const counts of this.#perBlock) {
      for (const kind of Object.keys(sum) as (keyof PageCounts)[]) sum[kind] += counts[kind];
    }
    return sum;
  }

  #repeats(sent: number): StreamInspection["repeats"] {
    const pages = new Map<number, number>();
    let distinctPages = 0;
    for (const times of this.#rounds.times) {
      if (times === 0) continue;
      distinctPages++;
      const shown = Math.min(times, MOST_TIMES);
      pages.set(shown, (pages.get(shown) ?? 0) + 1);
    }
    const histogram = [...pages].sort(([a], [b]) => a - b);
    return {
      distinctPages,
      sentAgain: sent - distinctPages,
      histogram: histogram.map(([times, count]) => ({ times, pages: count })),
    };
  }
}

function summaryOf(device: DescribedDevice): DeviceSummary {
  const { section, describedBytes } = device;
  const registers = cpuRegisters(device);
  return {
    name: section.name,
    instanceId: section.instanceId,
    versionId: section.versionId,
    bytes: section.body.length,
    isAsDescribed: describedBytes === null ? null : describedBytes === section.body.length,
    registers:
      registers &&
      Object.fromEntries(
        Object.entries(registers).map(([name, value]) => [name, `0x${value.toString(16)}`]),
      ),
  };
}
