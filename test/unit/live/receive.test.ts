import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { createConnection, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type ReceiveOptions, type ReceiveReport, receive } from "../../../src/live/receive.js";
import { send } from "../../../src/live/send.js";
import { StoredVm } from "../../../src/live/stored-vm.js";
import { Random } from "../../../src/world/random.js";
import { DESCRIPTION, DEVICE, pageOf, postcopyStreams, stream } from "./pretend-vm.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "godwit-receive-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const path = (name: string): string => join(folder, name);

/** Starts to receive into `store`, and answers when it listens. */
async function start(store: string, options: Partial<ReceiveOptions> = {}) {
  let received: Promise<ReceiveReport> | undefined;
  await new Promise<void>((resolve, reject) => {
    const places = { listen: `unix:${path("in")}`, store: path(store) };
    received = receive({ ...places, onListening: () => resolve(), ...options });
    received.catch(reject);
  });
  return { received: received as Promise<ReceiveReport> };
}

function connect(): Socket {
  return createConnection(path("in")).on("error", () => {});
}

async function storeSample(name: string): Promise<ReceiveReport> {
  const { received } = await start(name);
  connect().end(stream());
  return received;
}

async function pagesOf(name: string): Promise<Uint8Array> {
  const vm = await StoredVm.open("store", path(name));
  const ram = vm.blocks[0];
  const bytes = await ram?.read(0, ram.pageCount);
  await vm.close();
  return bytes as Uint8Array;
}

const EXPECTED = Buffer.concat(Array.from({ length: 600 }, (_, index) => pageOf(index)));

describe("a stream that a source sends", () => {
  test("is stored: memory, devices and the order of the sections", async () => {
    const report = await storeSample("vm");
    expect(report).toMatchObject({
      isAcknowledged: false,
      pages: { raw: 401, zero: 200 },
      manifest: { machineType: "pc-i440fx-7.2", arrivedBy: "pre-copy" },
    });
    expect(report.manifest.sections.map(({ name, length }) => [name, length])).toEqual([
      ["ram", 0],
      ["timer", DEVICE.length],
    ]);
    const vm = await StoredVm.open("store", path("vm"));
    expect(Buffer.from(vm.devices).equals(DEVICE)).toBe(true);
    expect(Buffer.from(vm.description ?? []).toString()).toBe(DESCRIPTION);
    expect(vm.blocks.map((pages) => pages.isZero(0))).toEqual([true, true]);
    expect(vm.blocks[1]?.isZero(1)).toBe(false);
    await vm.close();
    expect(EXPECTED.equals(await pagesOf("vm"))).toBe(true);
    expect(readdirSync(folder)).toEqual(["vm"]);
  });

  test("that asks for a return path hears of success when all has its name", async () => {
    const { received } = await start("vm");
    const source = connect();
    source.write(stream({ returnPath: true }));
    const reply = await new Promise<Buffer>((resolve) => source.once("data", resolve));
    expect(reply.toString("hex")).toBe("0001000400000000");
    expect(existsSync(path("vm/manifest.json"))).toBe(true);
    source.end();
    expect((await received).isAcknowledged).toBe(true);
  });

  test("that ends too early, anywhere, leaves nothing and is told", async () => {
    const whole = stream({ returnPath: true });
    for (const length of [0, 1, 3, 4, 30, 200, 5000, 400_000, whole.length - 1]) {
      const { received } = await start("vm");
      const failed = expect(received, `${length} bytes`).rejects.toMatchObject({
        tag: "PeerFailedError",
      });
      // What says nothing at all is no source; the one behind it is.
      if (length < 4) connect().end();
      connect().end(whole.subarray(0, Math.max(length, 4)));
      await failed;
      expect(readdirSync(folder)).toEqual([]);
    }
  });

  test("that is damaged is refused or stored, and never hangs", async () => {
    const random = new Random(4);
    const whole = stream();
    for (let round = 0; round < 24; round++) {
      const damaged = whole.slice();
      // Most of the damage falls among the structure, not into the pages.
      const reach = round % 4 === 0 ? damaged.length : 200;
      for (let count = 0; count < 3; count++) {
        damaged[Math.floor(random.nextUnit() * reach)] = Math.floor(random.nextUnit() * 256);
      }
      const { received } = await start(`vm-${round}`);
      connect().end(damaged);
      const outcome = await received.catch((error) => error);
      if (outcome instanceof Error) expect(outcome).toMatchObject({ tag: "PeerFailedError" });
    }
    expect(readdirSync(folder).filter((name) => name.startsWith("."))).toEqual([]);
  });

  test("of a post-copy is not at its end before what is urgent has come on its own channel", async () => {
    const { main, urgent } = postcopyStreams();
    const { received } = await start("vm");
    const [source, second] = [connect(), connect()];
    source.write(main);
    // The main channel is read to its end before the other one has said what it is.
    second.write(urgent.subarray(0, 2));
    await new Promise((resume) => setTimeout(resume, 200));
    second.end(urgent.subarray(2));
    expect(await received).toMatchObject({ missing: 0, pages: { raw: 600 } });
    expect(EXPECTED.equals(await pagesOf("vm"))).toBe(true);
    source.destroy();
  });

  test("of a post-copy that lacks pages is refused", async () => {
    const { received } = await start("vm");
    const failed = expect(received).rejects.toThrow("5 pages never came");
    connect().end(postcopyStreams().main);
    await failed;
    expect(readdirSync(folder)).toEqual([]);
  });

  test("that is no migration is refused", async () => {
    for (const text of ["GET / HTTP/1.1\r\n\r\n", "QEVM and more", "\x08\0\x0a\0\x01"]) {
      const { received } = await start("vm");
      const failed = expect(received, text).rejects.toMatchObject({ tag: "PeerFailedError" });
      connect().end(text);
      await failed;
      expect(readdirSync(folder)).toEqual([]);
    }
  });
});

describe("Ctrl-C", () => {
  test.each(["before", "amid"])("%s a migration leaves nothing behind", async (when) => {
    const abort = new AbortController();
    const { received } = await start("vm", { signal: abort.signal });
    const ended = expect(received).rejects.toMatchObject({ tag: "AbortedError" });
    if (when === "amid") {
      connect().write(stream().subarray(0, 100_000));
      await new Promise((resume) => setTimeout(resume, 50));
    }
    abort.abort();
    await ended;
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe("a stored VM", () => {
  beforeEach(() => storeSample("vm"));

  test.each([false, true])("goes from godwit to godwit; post-copy: %s", async (postCopy) => {
    const { received } = await start("copy", { requestPages: 7 });
    const sent = await send({ store: path("vm"), to: `unix:${path("in")}`, postCopy });
    const report = await received;
    expect(sent).toMatchObject({ sentPages: 603, totalPages: 603 });
    expect(sent.requestedPages).toBe(postCopy ? 7 : 0);
    expect(report).toMatchObject({ isAcknowledged: true, missing: 0 });
    expect(report.manifest.arrivedBy).toBe(postCopy ? "post-copy" : "pre-copy");
    expect(EXPECTED.equals(await pagesOf("copy"))).toBe(true);
    const [one, two] = ["vm", "copy"].map(
      (name) => JSON.parse(readFileSync(path(`${name}/manifest.json`), "utf8")).blocks,
    );
    expect(two).toEqual(one);
  });

  test("has holes where pages are zero", () => {
    const { blocks, size } = statSync(path("vm/block-1.pages"));
    expect(512 * blocks).toBeLessThan(size);
  });

  test("that was damaged is not sent on", async () => {
    const damage = (file: string, at: number): string => {
      const name = `${file}-${at}`;
      cpSync(path("vm"), path(name), { recursive: true });
      const bytes = readFileSync(path(`vm/${file}`));
      bytes[at] = (bytes[at] as number) ^ 1;
      writeFileSync(path(`${name}/${file}`), bytes);
      return name;
    };
    const sending = (name: string) => send({ store: path(name), to: `unix:${path("in")}` });
    for (const file of ["devices.bin", "configuration.bin", "block-0.digests"]) {
      await expect(sending(damage(file, 4))).rejects.toThrow(`${file} is not what was stored`);
    }
    await expect(sending(damage("manifest.json", 0))).rejects.toThrow("its manifest is not JSON");
    const { received } = await start("copy");
    const failed = expect(received).rejects.toThrow("nothing was stored");
    await expect(sending(damage("block-0.pages", 500 * 4096))).rejects.toThrow(
      "page 500 of pc.ram is not what was stored",
    );
    await failed;
  });

  test("whose manifest was written by somebody else is checked before it is believed", async () => {
    const manifest = JSON.parse(readFileSync(path("vm/manifest.json"), "utf8"));
    const cases: readonly (readonly [string, unknown])[] = [
      ["something else", { ...manifest, kind: "other" }],
      ["another version", { ...manifest, version: 2 }],
      ["no sense", { ...manifest, blocks: [] }],
      ["cannot be used", { ...manifest, devices: { ...manifest.devices, file: "../secret" } }],
      ["no place", { ...manifest, sections: [] }],
      ["no number of pages", { ...manifest, blocks: [{ ...manifest.blocks[0], length: 5 }] }],
      ["as many digests", { ...manifest, blocks: [{ ...manifest.blocks[0], length: 4096 }] }],
      ["there twice", { ...manifest, blocks: [manifest.blocks[0], manifest.blocks[0]] }],
      ["another size", { ...manifest, devices: { ...manifest.devices, length: 1 } }],
      ["its manifest is damaged", [1]],
    ];
    for (const [words, content] of cases) {
      writeFileSync(path("vm/manifest.json"), JSON.stringify(content));
      await expect(StoredVm.open("DIR", path("vm")), words).rejects.toThrow(words);
    }
  });
});

test("a target that goes away while a VM is sent is told as such", async () => {
  await storeSample("vm");
  const target = createServer((socket) => socket.once("data", () => socket.destroy()));
  await new Promise<void>((resolve) => target.listen(path("to"), resolve));
  await expect(send({ store: path("vm"), to: `unix:${path("to")}` })).rejects.toMatchObject({
    tag: "PeerFailedError",
  });
  target.close();
});

test("what cannot work is refused before anything is touched", async () => {
  const listen = `unix:${path("in")}`;
  writeFileSync(path("file"), "");
  await expect(receive({ listen: "in", store: path("vm") })).rejects.toThrow("unix:PATH");
  await expect(receive({ listen, store: path("file") })).rejects.toThrow("not a folder");
  await expect(receive({ listen, store: folder })).rejects.toThrow("it is not empty");
  const nowhere = `unix:${join(folder, "none", "socket")}`;
  await expect(receive({ listen: nowhere, store: join(folder, "vm") })).rejects.toThrow(
    "its folder does not exist",
  );
  expect(readdirSync(folder)).toEqual(["file"]);
});
