import { decodeRecording } from "../../../src/qemu/recording.js";
import type { DecoderOptions } from "../../../src/qemu/stream-decoder.js";
import type { PageKind, StreamVisitor } from "../../../src/qemu/stream-visitor.js";
import { VmImage } from "../../../src/qemu/vm-image.js";

/** A stream's events as lines, and the image that it leaves. */
export interface Collected {
  readonly lines: string[];
  readonly image: VmImage;
  readonly syncs: number;
}

/** Decodes a recording in chunks of a size. */
export async function collect(
  channels: readonly Uint8Array[],
  chunk = 1 << 16,
  options: DecoderOptions = {},
): Promise<Collected> {
  const lines: string[] = [];
  const image = new Collector(lines);
  const { syncs } = await decodeRecording(
    channels.map((bytes) => cut(bytes, chunk)),
    image,
    options,
  );
  return { lines, image, syncs };
}

/** Bytes in pieces, each of which is overwritten once the next is asked for. */
export async function* cut(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) {
    const piece = bytes.slice(at, at + size);
    yield piece;
    piece.fill(0xee);
  }
}

class Collector extends VmImage implements StreamVisitor {
  readonly lines: string[];

  constructor(lines: string[]) {
    super();
    this.lines = lines;
  }

  sectionStart({ kind, name }: { kind: string; name: string }): void {
    this.lines.push(`${kind} ${name}`);
  }

  override page(...[block, offset, kind, bytes, wire]: Parameters<StreamPage>): void {
    this.lines.push(`${kind} ${block.name} ${offset / 4096} (${Math.round(wire)})`);
    super.page(block, offset, kind, bytes);
  }

  override command(command: Parameters<VmImage["command"]>[0]): void {
    this.lines.push(`command ${command.kind}`);
    super.command(command);
  }

  packageEnd(): void {
    this.lines.push("package end");
  }

  barrier(): void {
    this.lines.push("barrier");
  }

  end(): void {
    this.lines.push("end");
  }
}

type StreamPage = (
  block: Parameters<VmImage["page"]>[0],
  offset: number,
  kind: PageKind,
  bytes: Uint8Array,
  wireBytes: number,
) => void;
