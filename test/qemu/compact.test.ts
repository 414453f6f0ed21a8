import { createHash } from "node:crypto";
import { createReadStream, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openStreamFile } from "../../src/files/stream-files.js";
import { relay } from "../../src/live/relay.js";
import { type CompactReport, compactStream, verifyStream } from "../../src/qemu/compact.js";
import { decodeRecording } from "../../src/qemu/recording.js";
import { VmImage } from "../../src/qemu/vm-image.js";
import { referenceData } from "../reference-data.js";
import { accelerator, type Qemu, Rig, until } from "./rig.js";

const rig = new Rig();
let source: Qemu;
beforeAll(async () => {
  source = await rig.source();
});
afterAll(() => rig.close());

const RECORDINGS = join(referenceData ?? "", "qemu-streams");

/** Pages from 1 MiB on, where no devices look through. */
const FROM = 2 ** 20;

function channelsOf(files: readonly string[]) {
  return Promise.all(files.map((file) => openStreamFile("file", file, "/")));
}

/** What a recording leaves in the guest's memory. */
async function recordedMemory(files: readonly string[]): Promise<Buffer> {
  const image = new VmImage();
  await decodeRecording(await channelsOf(files), image);
  const ram = image.memory.find(({ block }) => block.name === "pc.ram");
  const memory = Buffer.alloc((ram?.block.length ?? 0) - FROM);
  for (let at = 0; at < memory.length; at += 4096) memory.set(ram?.read(FROM + at) ?? [], at);
  return memory;
}

async function compact(
  files: readonly string[],
  to: string,
  xbzrleCache?: number,
): Promise<CompactReport> {
  const chunks: Uint8Array[] = [];
  const write = (chunk: Uint8Array): unknown => chunks.push(chunk.slice());
  const report = await compactStream(await channelsOf(files), write, { xbzrleCache });
  await verifyStream([chunks], report.fingerprint);
  writeFileSync(to, Buffer.concat(chunks));
  return report;
}

let loaded = 0;

/** A QEMU that has loaded a stream from a file or, byte by byte, from a socket; its guest is held back. */
async function load(file: string, way: "exec" | "unix"): Promise<Qemu> {
  const name = `loaded-${loaded++}`;
  const target = await rig.target(name, { paused: true });
  await target.prepare();
  if (way === "exec") {
    await target.monitor.migrateIncoming(`exec:cat ${file}`);
  } else {
    await target.monitor.migrateIncoming(`unix:${rig.path(`${name}.in`)}`);
    const socket = connect(rig.path(`${name}.in`));
    await new Promise((resolve, reject) => {
      // QEMU closes as soon as it has read all.
      socket.once("finish", resolve).once("error", reject);
      createReadStream(file).pipe(socket);
    });
  }
  expect((await target.migrated()).status).toBe("completed");
  return target;
}

/** QEMU takes what a recording was compacted to, by both ways, and its guest goes on. */
async function expectLoads(files: readonly string[], name: string): Promise<CompactReport> {
  const memory = await recordedMemory(files);
  const small = rig.path(`${name}.plain`);
  const rounds = rig.path(`${name}.rounds`);
  const report = await compact(files, small);
  await compact(files, rounds, 2 ** 24);
  for (const [file, way] of [
    [small, "exec"],
    [rounds, "unix"],
  ] as const) {
    const target = await load(file, way);
    expect((await target.memory(FROM)).equals(memory)).toBe(true);
    await target.monitor.cont();
    await target.goesOn();
    await target.monitor.quit().catch(() => {});
  }
  return report;
}

/** Lets the source migrate through a relay that records it; answers the channels' files. */
async function record(
  name: string,
  isPostCopy: boolean,
  ...settings: Parameters<Qemu["prepare"]>
): Promise<string[]> {
  await source.prepare(...settings);
  const target = await rig.target(name, { paused: !isPostCopy });
  await target.prepare(...settings);
  await target.monitor.migrateIncoming(`unix:${rig.path(`${name}.in`)}`);
  const listen = `unix:${rig.path(`${name}.relay`)}`;
  const folder = rig.path(`${name}.record`);
  const relayed = await new Promise<{ readonly ended: Promise<unknown> }>((resolve, reject) => {
    const ended = relay({
      ...{ listen, to: `unix:${rig.path(`${name}.in`)}`, record: folder },
      onListening: () => resolve({ ended }),
    });
    ended.catch(reject);
  });
  await source.monitor.migrate(listen);
  if (isPostCopy) {
    await until(async () => (await source.monitor.queryMigrate()).status === "active", "start");
    await source.monitor.migrateStartPostcopy();
  }
  expect((await source.migrated()).status).toBe("completed");
  await relayed.ended;
  await target.monitor.quit().catch(() => {});
  const channels = readdirSync(folder).filter((file) => /\.ch\d+\.bin$/.test(file));
  return channels.map((file) => join(folder, file));
}

describe("QEMU loads what a migration was compacted to, and its guest goes on", () => {
  const slow = { "max-bandwidth": 4e6, "downtime-limit": 20 };

  test.each([
    ["pre-copy", [], {}],
    ["xbzrle", ["xbzrle"], slow],
    ["multifd-none", ["multifd"], {}],
    ["multifd-zlib", ["multifd"], { "multifd-compression": "zlib" }],
    ["multifd-zstd", ["multifd"], { "multifd-compression": "zstd" }],
  ] as const)("%s", async (name, capabilities, parameters) => {
    const files = await record(name, false, [...capabilities, "return-path"], parameters);
    const stopped = await source.memory(FROM);
    const report = await expectLoads(files, name);
    expect(report.isDescribed).toBe(true);
    expect(report.pagesBefore[kindOf(name)]).toBeGreaterThan(0);
    // What KVM never loses, QEMU 7.2's TCG may: pages that the guest dirties amid a pre-copy.
    if (accelerator === "kvm") expect(stopped.equals(await recordedMemory(files))).toBe(true);
  });

  test.each([
    ["post-copy", ["postcopy-ram"]],
    ["post-copy with an urgent channel", ["postcopy-ram", "postcopy-preempt"]],
  ] as const)("%s", async (words, capabilities) => {
    const name = words.replaceAll(" ", "-");
    const files = await record(name, true, capabilities, slow);
    const report = await expectLoads(files, name);
    expect(report).toMatchObject({ isPostCopy: true, isDescribed: false, absentPages: 0 });
    expect((await source.memory(FROM)).equals(await recordedMemory(files))).toBe(true);
  });
});

function kindOf(name: string): keyof CompactReport["pagesBefore"] {
  if (name === "xbzrle") return "xbzrle";
  return name.startsWith("multifd") ? "multifd" : "raw";
}

describe.skipIf(referenceData === null)("recordings, of another day and another QEMU", () => {
  const names =
    referenceData === null
      ? ["(none)"]
      : readdirSync(RECORDINGS)
          .filter((file) => file.endsWith(".json") && file !== "cases.json")
          .map((file) => file.slice(0, -5));

  test.each(names)("%s is loaded", async (name) => {
    const { channels, target_ram } = JSON.parse(
      readFileSync(join(RECORDINGS, `${name}.json`), "utf8"),
    ) as {
      readonly channels: readonly { readonly file: string }[];
      readonly target_ram: { readonly from: number; readonly sha256: string } | null;
    };
    const files = channels.map(({ file }) => join(RECORDINGS, `${file}.gz`));
    if (target_ram !== null) {
      expect(target_ram.from).toBe(FROM);
      const digest = createHash("sha256")
        .update(await recordedMemory(files))
        .digest("hex");
      expect(digest).toBe(target_ram.sha256);
    }
    const report = await expectLoads(files, name);
    expect(report.bytesAfter).toBeLessThan(report.bytesBefore);
  });
});
