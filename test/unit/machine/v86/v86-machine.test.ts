import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { afterEach, describe, expect, test } from "vitest";
import { isGodwitError } from "../../../../src/errors.js";
import { DirtyBitmap } from "../../../../src/kernel/dirty-bitmap.js";
import { compareLog } from "../../../../src/machine/conformance.js";
import type { MachineConfiguration } from "../../../../src/machine/machine.js";
import { v86Kind } from "../../../../src/machine/v86/kind.js";
import { V86Machine, type V86Options } from "../../../../src/machine/v86/v86-machine.js";
import { BUSY, Pc } from "./pc.js";

const MIB = 2 ** 20;
const machines: V86Machine[] = [];

async function created(options: Partial<V86Options> = {}): Promise<V86Machine> {
  const machine = await V86Machine.create({ memoryBytes: 2 * MIB, ...options });
  machines.push(machine);
  return machine;
}

afterEach(() => {
  for (const machine of machines.splice(0)) machine.destroy();
});

const wasm = readFileSync(
  createRequire(import.meta.url)
    .resolve("v86")
    .replace(/libv86\.mjs$/, "v86.wasm"),
);

describe("options", () => {
  test.each([
    [{ memoryBytes: 0 }, "memoryBytes"],
    [{ memoryBytes: 3 * MIB + 1 }, "memoryBytes"],
    [{ memoryBytes: 4096 * MIB }, "memoryBytes"],
    [{ memoryBytes: Number.NaN }, "memoryBytes"],
    [{ vgaMemoryBytes: 3 << 18 }, "vgaMemoryBytes"],
    [{ vgaMemoryBytes: 1 << 12 }, "vgaMemoryBytes"],
    [{ network: "e1000" }, "network"],
    [{ log: "none" }, "log"],
    [{ demand: "later" }, "demand"],
    [{ wasm: new Uint8Array(20) }, "wasm"],
    [{ wasm: "http://127.0.0.1:9/v86.wasm" }, "wasm"],
  ])("%o is refused, by name", async (wrong, option) => {
    const options = { memoryBytes: 2 * MIB, ...wrong } as V86Options;
    const error = await V86Machine.create(options).catch((reason: unknown) => reason);
    expect(isGodwitError(error, "InvalidOptionError") && error.option).toBe(option);
  });

  test("what they leave open is small and without a network", async () => {
    const machine = await created();
    expect(machine.configuration).toEqual({
      version: "0.5.462",
      memoryBytes: 2 * MIB,
      vgaMemoryBytes: 256 << 10,
      network: null,
    });
    expect([machine.log, machine.demand, machine.whyCompared]).toEqual(["exact", "blocking", null]);
    expect([machine.mac, machine.isRunning]).toEqual([null, false]);
  });
});

describe("where v86 cannot be patched", () => {
  // Without the export that the patch starts from; v86 needs it for debugging only.
  const otherwise = Buffer.from(wasm);
  otherwise.write("x", otherwise.indexOf("translate_address_system_read_js"));

  test("writes are found by comparing, and absent pages are not waited for", async () => {
    const machine = await created({ wasm: otherwise });
    expect([machine.log, machine.demand]).toEqual(["compare", null]);
    expect(machine.whyCompared).toContain("translate_address_system_read_js");
  });

  test("it can be asked for", async () => {
    const machine = await created({ log: "compare" });
    expect([machine.log, machine.demand]).toEqual(["compare", null]);
  });
});

describe("the exact log", () => {
  test.each([
    ["with page tables", {}],
    ["without", { paging: false, rest: 9 }],
  ])("misses nothing over a hundred rounds of a guest %s", async (_, guest) => {
    const pc = await Pc.boot({ ...BUSY, ...guest });
    const { missed, changed, marked } = await compareLog(pc, 100, 2);
    expect(missed).toEqual([]);
    expect(changed).toBeGreaterThan(500);
    // What is marked without having changed is little: tables, and pages written with what they held.
    expect(marked).toBeLessThan(1.5 * changed + 1000);
    expect(pc.isIntact()).toBe(true);
    pc.machine.destroy();
  });

  test("has what devices write, and only while it is kept", async () => {
    const machine = await created();
    const { cpu } = machine.emulator.v86;
    const harvested = (): number[] => {
      const pages = new DirtyBitmap(machine.memory.pageCount);
      machine.harvest(pages);
      return [...pages.list()];
    };
    machine.startLog();
    cpu.write8(0x1000, 1);
    cpu.write16(0x2fff, 1);
    cpu.write32(0x5ffe, 1);
    cpu.write_blob(new Uint8Array(0x2001), 0x8000);
    cpu.zero_memory(0x20000, 0x1000);
    expect(harvested()).toEqual([1, 2, 3, 5, 6, 8, 9, 10, 32]);
    expect(harvested()).toEqual([]);
    machine.stopLog();
    cpu.write8(0x1000, 2);
    machine.startLog();
    expect(harvested()).toEqual([]);
  });

  test("has nothing of saving and loading states", async () => {
    const machine = await created();
    machine.startLog();
    await machine.loadState(await machine.saveState());
    const pages = new DirtyBitmap(machine.memory.pageCount);
    machine.harvest(pages);
    expect(pages.count()).toBe(0);
  });
});

describe("absent pages", () => {
  test("are brought before a device uses them", async () => {
    const machine = await created();
    const { cpu } = machine.emulator.v86;
    const absent = new DirtyBitmap(machine.memory.pageCount);
    absent.markAll();
    const fetched: number[] = [];
    machine.expectPages(absent, {
      fetchNow: (page) => {
        fetched.push(page);
        machine.memory.write(page, new Uint8Array(4096).fill(page));
        absent.clear(page);
      },
      fetch: () => Promise.reject(new Error("it blocks")),
    });
    expect(cpu.read8(0x1000)).toBe(1);
    expect(cpu.read32s(0x2ffe)).toBe(0x03030202);
    expect([...cpu.read_blob(0x4fff, 2)]).toEqual([4, 5]);
    cpu.write8(0x6000, 9);
    cpu.write_blob(new Uint8Array(2), 0x7fff);
    expect([...cpu.mem8.subarray(0x9fff, 0xa001)]).toEqual([9, 10]);
    expect(fetched).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect([...machine.memory.read(6, 7).subarray(0, 2)]).toEqual([9, 6]);
    machine.expectPages(null);
    cpu.read8(0x20000);
    expect(fetched).toHaveLength(10);
  });

  test("come amid an instruction without a word to v86's compiler, which may be at work", async () => {
    const machine = await created();
    const { cpu } = machine.emulator.v86;
    let told = 0;
    const tell = cpu.jit_dirty_cache;
    cpu.jit_dirty_cache = (start, end) => {
      told++;
      tell(start, end);
    };
    machine.memory.write(1, new Uint8Array(4096));
    expect(told).toBe(1);
    const ran = new Promise<void>((resolve) => {
      cpu.main_loop = () => {
        machine.memory.write(2, new Uint8Array(4096).fill(2));
        resolve();
        return 100;
      };
    });
    await machine.resume();
    await ran;
    await machine.pause();
    expect(told).toBe(1);
    expect(machine.memory.read(2, 3)[4095]).toBe(2);
  });

  test("the screen's memory is none of them", async () => {
    const machine = await created();
    const absent = new DirtyBitmap(machine.memory.pageCount);
    absent.markAll();
    const refuse = (): never => {
      throw new Error("nobody should ask");
    };
    machine.expectPages(absent, { fetchNow: refuse, fetch: refuse });
    expect(() => machine.emulator.v86.cpu.read8(0xb8000)).not.toThrow();
  });

  test("a guest with page tables of three levels is refused", async () => {
    const machine = await created();
    const { cpu } = machine.emulator.v86;
    cpu.cr[4] = 0x20;
    const absent = new DirtyBitmap(machine.memory.pageCount);
    const source = { fetchNow: () => {}, fetch: async () => {} };
    expect(() => machine.expectPages(absent, source)).toThrow(/PAE/);
    expect(() => machine.expectPages(null)).not.toThrow();
  });
});

describe("the network card", () => {
  test("keeps its address in another machine, and announces itself there", async () => {
    const source = await created({ network: "ne2k" });
    const target = await created({ network: "ne2k" });
    const { mac } = source;
    expect(mac).toHaveLength(6);
    // The guest says that it is 10.0.0.2.
    const frame = new Uint8Array(60);
    frame.set(mac as Uint8Array, 6);
    frame.set([0x08, 0x06, 0, 1, 8, 0, 6, 4, 0, 1], 12);
    frame.set([...(mac as Uint8Array), 10, 0, 0, 2], 22);
    source.emulator.emulator_bus.send("net0-send", frame);
    await target.loadState(await source.saveState());
    expect(target.mac).toEqual(mac);
    const frames: Uint8Array[] = [];
    const stop = target.onFrame((sent) => frames.push(sent));
    target.announce();
    expect(frames.map((one) => (one[12] as number) * 256 + (one[13] as number))).toEqual([
      0x8035, 0x0806,
    ]);
    expect([...(frames[1] as Uint8Array).subarray(28, 32)]).toEqual([10, 0, 0, 2]);
    expect([...(frames[1] as Uint8Array).subarray(6, 12)]).toEqual([...(mac as Uint8Array)]);
    stop();
    target.announce();
    expect(frames).toHaveLength(2);
  });

  test("a machine without one announces nothing", async () => {
    const machine = await created();
    const frames: Uint8Array[] = [];
    machine.onFrame((frame) => frames.push(frame));
    machine.announce();
    expect(frames).toEqual([]);
  });
});

describe("the screen", () => {
  test("has the guest's text, also after a move", async () => {
    const pc = await Pc.boot(BUSY);
    machines.push(pc.machine);
    await pc.machine.resume();
    while (pc.progress() === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    await pc.machine.pause();
    const text = pc.machine.screenText();
    expect(text).toHaveLength(25);
    expect(text[0]).toMatch(/^godwit test guest pages=48/);
    expect(text[1]).toMatch(/^READY/);
    const target = await pc.makeEmpty();
    machines.push(target.machine);
    expect(target.machine.screenText()[0]?.trim()).toBe("");
    await target.machine.loadState(await pc.machine.saveState());
    expect(target.machine.screenText()).toEqual(text);
  });
});

describe("a guest that brings v86 down", () => {
  test("stands, and says so", async () => {
    const pc = await Pc.boot(BUSY);
    machines.push(pc.machine);
    const failure = new Promise((resolve) => pc.machine.onFailure(resolve));
    pc.machine.emulator.v86.cpu.main_loop = () => {
      throw new Error("unreachable");
    };
    await pc.machine.resume();
    expect(String(await failure)).toContain("unreachable");
    expect(pc.machine.isRunning).toBe(false);
  });
});

describe("the kind", () => {
  const limits = { memoryBytes: 64 * MIB };
  const right = {
    version: "0.5.462",
    memoryBytes: 8 * MIB,
    vgaMemoryBytes: 1 << 18,
    network: null,
  };

  test("builds an equal empty machine, warm, in which nothing is left of warming", async () => {
    const pc = await Pc.boot();
    machines.push(pc.machine);
    const machine = (await v86Kind.build(pc.machine.configuration, limits)) as V86Machine;
    machines.push(machine);
    expect(machine.configuration).toEqual(pc.machine.configuration);
    const bytes = Buffer.from(machine.memory.read(0, machine.memory.pageCount));
    expect(Buffer.compare(bytes, Buffer.alloc(bytes.length))).toBe(0);
    expect(machine.instructions).toBe(0);
  });

  test.each([
    [{ ...right, version: "0.5.461" }, "version"],
    [{ ...right, memoryBytes: 128 * MIB }, "memoryBytes"],
    [{ ...right, vgaMemoryBytes: 128 * MIB }, "vgaMemoryBytes"],
    [{ ...right, memoryBytes: "8" }, "memoryBytes"],
    [{ ...right, network: "e1000" }, "network"],
    [{ ...right, more: 1 }, "more"],
    [{}, "version"],
  ])("refuses %o", async (configuration, field) => {
    const building = v86Kind.build(configuration as MachineConfiguration, limits);
    const error = await building.catch((reason: unknown) => reason);
    expect(isGodwitError(error, "InvalidOptionError") && error.option).toBe(
      `configuration.${field}`,
    );
  });
});
