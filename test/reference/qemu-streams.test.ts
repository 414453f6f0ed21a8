import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { cpuRegisters, describeDevices } from "../../src/qemu/device-fields.js";
import { inspectStream } from "../../src/qemu/inspect.js";
import { decodeRecording } from "../../src/qemu/recording.js";
import { type Reply, readReply } from "../../src/qemu/return-path.js";
import { StreamReader } from "../../src/qemu/stream-reader.js";
import type { PageKind } from "../../src/qemu/stream-visitor.js";
import { VmImage } from "../../src/qemu/vm-image.js";
import { referenceData } from "../reference-data.js";

const FOLDER = join(referenceData ?? "", "qemu-streams");
const CHUNK = 65536;

interface Recorded {
  readonly channels: readonly {
    readonly file: string;
    readonly bytes: number;
    readonly return_file?: string;
  }[];
  readonly query_migrate: { readonly ram: Readonly<Record<string, number>> };
  readonly stream_counts: Readonly<Record<string, number>>;
  readonly target_ram: {
    readonly from: number;
    readonly page_sha256_prefix: readonly string[];
  } | null;
}

function names(): string[] {
  if (referenceData === null) return ["(none)"];
  return readdirSync(FOLDER)
    .filter((file) => file.endsWith(".json") && file !== "cases.json")
    .map((file) => file.slice(0, -5));
}

function* chunksOf(file: string, size: number): Generator<Uint8Array> {
  const bytes = gunzipSync(readFileSync(join(FOLDER, `${file}.gz`)));
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

/** An image that counts how its pages came. */
class CountedImage extends VmImage {
  readonly counts: Record<PageKind, number> = {
    zero: 0,
    raw: 0,
    xbzrle: 0,
    compressed: 0,
    multifd: 0,
    "multifd-zero": 0,
    mapped: 0,
  };

  override page(...[block, offset, kind, bytes]: Parameters<VmImage["page"]>): void {
    this.counts[kind]++;
    super.page(block, offset, kind, bytes);
  }
}

const ZERO_PAGE = new Uint8Array(4096);

describe.skipIf(referenceData === null).each(names())("the recording %s", (name) => {
  const recorded = JSON.parse(
    referenceData === null ? "{}" : readFileSync(join(FOLDER, `${name}.json`), "utf8"),
  ) as Recorded;

  test("has the counted pages, and leaves the target's memory", async () => {
    const image = new CountedImage();
    const sources = recorded.channels.map(({ file }) => chunksOf(file, CHUNK));
    const summary = await decodeRecording(sources.reverse(), image);
    expect(summary.channels.map(({ bytes }) => bytes).reverse()).toEqual(
      recorded.channels.map(({ bytes }) => bytes),
    );
    const { zero, raw, xbzrle, compressed, multifd } = image.counts;
    expect({ zero, raw, xbzrle, compressed, multifd }).toEqual(recorded.stream_counts);

    const ram = image.memory.find(({ block }) => block.name === "pc.ram");
    expect(ram?.missing).toBe(0);
    if (!recorded.target_ram) return;
    const { from, page_sha256_prefix: wanted } = recorded.target_ram;
    const found = wanted.map((_, index) => {
      const page = ram?.read(from + index * 4096) ?? ZERO_PAGE;
      return createHash("sha256").update(page).digest("hex").slice(0, 8);
    });
    expect(found).toEqual(wanted);
  });

  test("has devices of the described sizes, and a processor with registers", async () => {
    const image = await imageOf(recorded, CHUNK);
    const devices = describeDevices(image.devices, image.meaning);
    expect(devices.at(-1)?.section.name).toBe("globalstate");
    const isPostCopy = recorded.target_ram === null;
    expect(image.meaning === null).toBe(isPostCopy);
    if (isPostCopy) return;
    expect(devices.map((one) => one.describedBytes)).toEqual(
      devices.map((one) => one.section.body.length),
    );
    const cpu = devices.find(({ section }) => section.name === "cpu");
    const registers = cpu === undefined ? null : cpuRegisters(cpu);
    // The small guest runs in its boot sector, in protected mode without paging.
    expect(Number(registers?.["rip"]) & ~511).toBe(0x7c00);
    expect(Number(registers?.["cr0"]) & 1).toBe(1);
    expect(registers?.["cr3"]).toBe(0n);
  });

  test("is inspected with the same counts, and QEMU's own deltas are found again", async () => {
    const inspection = await inspectStream(
      recorded.channels.map(({ file }) => chunksOf(file, CHUNK)),
    );
    const { zero, raw, xbzrle, compressed, multifd } = inspection.pages;
    expect({ zero, raw, xbzrle, compressed, multifd }).toEqual(recorded.stream_counts);
    expect(inspection.bytes).toBe(recorded.channels.reduce((sum, { bytes }) => sum + bytes, 0));
    expect(inspection.rounds).toBeLessThanOrEqual(
      recorded.query_migrate.ram["dirty-sync-count"] ?? 0,
    );
    if (xbzrle === 0) return;
    const largest = inspection.deltaPotential.at(-1);
    expect(largest).toMatchObject({ hits: xbzrle, overflows: 0 });
    expect(largest?.deltaBytes).toBe(inspection.pageBytes.xbzrle);
  });

  test("is read alike however its bytes are cut", async () => {
    const devices = (await imageOf(recorded, CHUNK)).devices;
    expect((await imageOf(recorded, 1013)).devices).toEqual(devices);
  });

  test("has an answer that ends in success", async () => {
    for (const { return_file: file } of recorded.channels) {
      if (file === undefined) continue;
      const replies: Reply[] = [];
      const reader = new StreamReader(chunksOf(file, CHUNK));
      for (let one = await readReply(reader); one !== null; one = await readReply(reader)) {
        replies.push(one);
      }
      expect(replies[0]).toEqual({ kind: "pong", value: 1 });
      expect(replies.at(-1)).toEqual({ kind: "shut", status: 0 });
      expect(replies.filter(({ kind }) => kind === "request-pages").length).toBeGreaterThan(0);
    }
  });
});

async function imageOf(recorded: Recorded, chunk: number): Promise<CountedImage> {
  const image = new CountedImage();
  const sources = recorded.channels.map(({ file }) => chunksOf(file, chunk));
  await decodeRecording(sources, image);
  return image;
}
