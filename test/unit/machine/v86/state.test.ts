import fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";
import { isGodwitError } from "../../../../src/errors.js";
import { Pc } from "./pc.js";

const pcs: Pc[] = [];

async function booted(options = {}): Promise<Pc> {
  const pc = await Pc.boot(undefined, options);
  pcs.push(pc);
  await pc.machine.resume();
  while (pc.progress() === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  await pc.machine.pause();
  return pc;
}

async function empty(like: Pc): Promise<Pc> {
  const pc = await like.makeEmpty();
  pcs.push(pc);
  return pc;
}

afterEach(() => {
  for (const { machine } of pcs.splice(0)) machine.destroy();
});

async function loading(pc: Pc, state: Uint8Array): Promise<unknown> {
  return pc.machine.loadState(state).then(
    () => null,
    (error: unknown) => error,
  );
}

/** A state's JSON, to be changed. */
function withJson(state: Uint8Array, change: (info: StateInfo) => void): Uint8Array {
  const info = JSON.parse(new TextDecoder().decode(state.subarray(32, 32 + (128 << 10))));
  change(info);
  const changed = state.slice();
  changed.fill(0x20, 32, 32 + (128 << 10));
  const json = new TextEncoder().encode(JSON.stringify(info));
  changed.set(json, 32);
  new DataView(changed.buffer).setUint32(20, json.length, true);
  return changed;
}

/** Puts a value into a place of the state. */
function put(place: number, value: unknown): (info: StateInfo) => void {
  return ({ state }) => {
    state[place] = value;
  };
}

interface StateInfo {
  buffer_infos: { offset: number; length: number }[];
  state: unknown[];
}

describe("a state", () => {
  test.each(["ne2k", "virtio", null])(
    "is saved as it was loaded, with network card %s",
    async (network) => {
      const pc = await booted({ network });
      const state = await pc.machine.saveState();
      const other = await empty(pc);
      await other.machine.loadState(state);
      expect(Buffer.compare(await other.machine.saveState(), state)).toBe(0);
      expect(other.machine.mac).toEqual(pc.machine.mac);
    },
  );

  test("has its parts where they were, so that a later one is a small delta", async () => {
    const pc = await booted();
    const first = (await pc.machine.saveState()).slice();
    await pc.machine.resume();
    await new Promise((resolve) => setTimeout(resolve, 100));
    await pc.machine.pause();
    const second = await pc.machine.saveState();
    expect(second.length).toBe(first.length);
    const changed = second.filter((byte, at) => byte !== first[at]).length;
    expect(changed).toBeGreaterThan(0);
    expect(changed).toBeLessThan(2000);
  });

  test("carries the lazy flags, which v86 itself loses", async () => {
    const pc = await booted();
    const registers = (of: Pc): Int32Array =>
      new Int32Array(of.machine.emulator.v86.cpu.wasm_memory.buffer, 0, 512);
    // last_result, fpu_status_word and mxcsr.
    const values = { 112: 0x1234567, 1040: 0x3800, 824: 0x1f81 };
    for (const [at, value] of Object.entries(values)) registers(pc)[Number(at) / 4] = value;
    const other = await empty(pc);
    await other.machine.loadState(await pc.machine.saveState());
    for (const [at, value] of Object.entries(values)) {
      expect(registers(other)[Number(at) / 4]).toBe(value);
    }
    // The restored machine looks at its registers, not at a copy of what it was given.
    registers(other)[112 / 4] = 5;
    expect(other.machine.emulator.v86.cpu.last_result[0]).toBe(5);
  });
});

test("a guest's clock goes on where it stood, however often a state was loaded", async () => {
  const pc = await booted();
  const { cpu } = pc.machine.emulator.v86;
  // Some seventy minutes: far from the clock of this process.
  const minutes = 1000;
  cpu.set_tsc(0, minutes);
  const state = await pc.machine.saveState();
  const other = await empty(pc);
  const clock = other.machine.emulator.v86.cpu;
  for (let times = 1; times <= 4; times++) {
    await other.machine.loadState(state);
    expect([...clock.current_tsc.subarray(0, 2)]).toEqual([0, minutes]);
    await other.machine.resume();
    await new Promise((resolve) => setTimeout(resolve, 20));
    await other.machine.pause();
    const [low = 0, high = 0] = clock.current_tsc.subarray(0, 2);
    expect(high * 2 ** 32 + low).toBeGreaterThan(minutes * 2 ** 32);
    expect(high).toBeLessThan(minutes + 30);
  }
});

describe("a state from a peer", () => {
  const wrong: [what: string, change: (info: StateInfo) => void][] = [
    ["another memory size", put(0, 1 << 20)],
    [
      "a missing entry",
      ({ state }) => {
        state.pop();
      },
    ],
    ["a list where a number is", put(4, [1])],
    ["a number where a list is", put(47, 1)],
    ["an endless number", put(37, "1e999")],
    ["a longer list", ({ state }) => void (state[54] as unknown[]).push(0)],
    ["an unknown type", put(39, { __state_type__: "Map", args: [] })],
    [
      "pages of memory",
      ({ state, buffer_infos: infos }) => {
        const packed = state[77] as { buffer_id: number };
        (infos[packed.buffer_id] as { length: number }).length = 4096;
      },
    ],
    [
      "a buffer beyond its end",
      ({ buffer_infos: infos }) => {
        (infos[3] as { offset: number }).offset = 1 << 30;
      },
    ],
    [
      "a negative length",
      ({ buffer_infos: infos }) => {
        (infos[3] as { length: number }).length = -4;
      },
    ],
    [
      "a buffer that is not",
      ({ state }) => {
        (state[39] as { buffer_id: number }).buffer_id = 10_000;
      },
    ],
    ["a very long text", put(4, "x".repeat(10_000))],
    [
      "another field",
      (info) => {
        Object.assign(info, { more: 1 });
      },
    ],
  ];

  test("is refused before v86 sees it", async () => {
    const pc = await booted();
    const state = await pc.machine.saveState();
    const target = await empty(pc);
    const before = (await target.machine.saveState()).slice();
    for (const [what, change] of wrong) {
      let changed = withJson(state, change);
      if (what.startsWith("an endless")) {
        const text = new TextDecoder("latin1").decode(changed).replace('"1e999"', "1e999  ");
        changed = Uint8Array.from(text, (character) => character.charCodeAt(0));
      }
      const error = await loading(target, changed);
      expect(isGodwitError(error, "WireFormatError"), what).toBe(true);
    }
    expect(Buffer.compare(await target.machine.saveState(), before)).toBe(0);
    expect(await loading(target, state)).toBe(null);
  });

  test("of a PC with another memory or another network card is refused", async () => {
    const pc = await booted({ network: "ne2k" });
    const state = await pc.machine.saveState();
    for (const options of [{ network: null }, { memoryBytes: 16 << 20, network: "ne2k" }]) {
      const other = await booted(options);
      const target = await empty(other);
      expect(isGodwitError(await loading(target, state), "WireFormatError")).toBe(true);
    }
  });

  test("may be anything: it is refused, or taken over", async () => {
    const pc = await booted({ network: "ne2k" });
    const state = await pc.machine.saveState();
    let target = await empty(pc);
    const byte = fc.record({ at: fc.nat(state.length - 1), value: fc.nat(255) });
    const scalar = fc.record({
      place: fc.nat(91),
      inner: fc.nat(40),
      value: fc.oneof(fc.double({ noNaN: true }), fc.integer(), fc.constant(null), fc.boolean()),
    });
    const check = async (damaged: Uint8Array): Promise<void> => {
      const error = await loading(target, damaged);
      if (error !== null) expect(isGodwitError(error, "WireFormatError"), String(error)).toBe(true);
      // A few slices of it do not bring the process down, either.
      await target.machine.resume();
      await new Promise((resolve) => setImmediate(resolve));
      await target.machine.pause();
      await target.machine.pause();
    };
    await fc.assert(
      fc.asyncProperty(fc.array(byte, { minLength: 1, maxLength: 40 }), async (changes) => {
        const damaged = state.slice();
        for (const { at, value } of changes) damaged[at] = value;
        await check(damaged);
      }),
      { numRuns: 40 },
    );
    target.machine.destroy();
    target = await empty(pc);
    await fc.assert(
      fc.asyncProperty(fc.array(scalar, { minLength: 1, maxLength: 8 }), async (changes) => {
        const damaged = withJson(state, ({ state: tree }) => {
          for (const { place, inner, value } of changes) {
            const part = tree[place];
            if (Array.isArray(part) && inner < part.length) part[inner] = value;
            else if (typeof part !== "object") tree[place] = value;
          }
        });
        await check(damaged);
      }),
      { numRuns: 60 },
    );
  });
});
