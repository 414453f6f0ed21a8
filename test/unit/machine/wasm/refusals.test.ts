import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { describe, expect, test } from "vitest";
import type { WasmApplication } from "../../../../src/machine/wasm/application.js";
import { wasmKind } from "../../../../src/machine/wasm/kind.js";
import { makeProgram } from "../../../../src/machine/wasm/program.js";
import { WasmMachine } from "../../../../src/machine/wasm/wasm-machine.js";
import { TABLES, UNALIGNED } from "./modules.js";
import { assemble, Rig } from "./rig.js";

const LIMITS = { memoryBytes: 2 ** 30 };
const imports: WasmApplication["imports"] = () => ({ env: { tick: () => 0 } });

describe("modules that other people made", () => {
  test.each([
    "lz4-wasm-nodejs/lz4_wasm_nodejs_bg.wasm",
    "v86/build/v86-debug.wasm",
    "v86/build/v86-fallback.wasm",
    "v86/build/v86.wasm",
  ])("%s is read to its end", async (name) => {
    const module = readFileSync(createRequire(import.meta.url).resolve(name));
    // v86's imports its table, which is refused only after everything else of it was understood.
    const program = makeProgram(module).then(({ builds }) => Object.keys(builds));
    if (name.startsWith("v86")) await expect(program).rejects.toThrow("an import of a table");
    else expect(await program).toEqual(["plain", "log", "demand"]);
  });
});

describe("a module that cannot be moved is refused", () => {
  test.each([
    ["(module (memory 1 2 shared))", "a shared memory"],
    ["(module (memory i64 1))", "a 64-bit memory"],
    ["(module (table 1 externref) (memory 1))", "a table of other references"],
    ['(module (import "a" "b" (table 1 funcref)) (memory 1))', "an import of a table"],
    ["(module (tag $t (param i32)) (memory 1))", "a module with exceptions"],
    ["(module (global (mut funcref) (ref.null func)) (memory 1))", "a mutable global that holds"],
    ['(module (memory (export "godwit:x") 1) (func (export "step")))', "godwit:x"],
    ['(module (memory 1) (func (export "step") (param i32)))', "step: got"],
    ["(module (memory 1))", "step: got"],
    ['(module (import "env" "no" (func)) (memory 1) (func (export "step")))', "imports.env.no"],
  ])("%s", async (text, message) => {
    const error = await WasmMachine.create({ module: assemble(text), step: "step" }).catch(
      (reason: unknown) => reason,
    );
    expect(error).toMatchObject({ tag: "InvalidOptionError" });
    expect(String(error)).toContain(message);
  });

  test.each([
    ["no bytes", (_: Uint8Array) => new Uint8Array()],
    ["half of it", (module: Uint8Array) => module.slice(0, module.length >> 1)],
    ["a length that is beyond it", (module: Uint8Array) => module.with(9, 127)],
  ])("%s", async (_, damage) => {
    const module = damage(UNALIGNED);
    const made = WasmMachine.create({ module, step: "step", imports });
    await expect(made).rejects.toMatchObject({ tag: "InvalidOptionError", option: "module" });
  });

  test("every byte of it may be damaged", async () => {
    for (let at = 8; at < TABLES.length; at++) {
      const module = TABLES.with(at, (TABLES[at] as number) ^ 0x55);
      const made = makeProgram(module, [2 ** 20]).catch((error: unknown) => error);
      // What is still a module by chance is one.
      if ((await made) instanceof Error) {
        expect(await made, `byte ${at}`).toMatchObject({ tag: "InvalidOptionError" });
      }
    }
  });
});

test.each([
  ["memoryLimitBytes", { memoryLimitBytes: 65_536 }],
  ["memoryLimitBytes", { memoryLimitBytes: 2 ** 33 }],
  ["memoryLimitBytes", { memoryLimitBytes: Number.NaN }],
  ["demand", { demand: "later" as "blocking" }],
  ["log", { log: "never" as "exact" }],
  ["init", { init: "begin" }],
])("an option %s that cannot be: %j", async (option, options) => {
  const module = assemble('(module (memory 2) (func (export "step")))');
  const made = WasmMachine.create({ module, step: "step", ...options });
  await expect(made).rejects.toMatchObject({ tag: "InvalidOptionError", option });
});

describe("a configuration from a peer", () => {
  test.each([
    ["another module", { module: "0".repeat(64) }, "configuration.module"],
    ["no module", { module: undefined }, "configuration.module"],
    ["too much memory", { memoryBytes: [2 ** 31] }, "configuration.memoryBytes"],
    ["no memory", { memoryBytes: [] }, "configuration.memoryBytes"],
    ["a part of a page", { memoryBytes: [262_145] }, "configuration.memoryBytes"],
    ["more memories", { memoryBytes: [262_144, 65_536] }, "configuration.memoryBytes"],
    ["text", { memoryBytes: "all" }, "configuration.memoryBytes"],
  ])("%s", async (_, change, option) => {
    const { machine, application } = await Rig.create(UNALIGNED);
    const built = wasmKind(application).build({ ...machine.configuration, ...change }, LIMITS);
    await expect(built).rejects.toMatchObject({ tag: "InvalidOptionError", option });
  });
});

test("a damaged state is refused, or is that of such a machine", async () => {
  const rig = await Rig.create(TABLES);
  await rig.run(200);
  const state = await rig.machine.saveState();
  const twin = await rig.twin();
  for (let at = 0; at < state.length; at++) {
    const damaged = state.with(at, (state[at] as number) ^ 0xff);
    const error = await twin.machine.loadState(damaged).catch((reason: unknown) => reason);
    if (error !== undefined) expect(error).toMatchObject({ tag: "WireFormatError" });
  }
  await twin.machine.loadState(state);
  expect(await twin.machine.saveState()).toEqual(state);
});

test("a module that traps ends its machine, which says why", async () => {
  const module = assemble('(module (memory 1) (func (export "step") unreachable))');
  const machine = await WasmMachine.create({ module, step: "step" });
  await machine.resume();
  const { trap } = await machine.ended;
  expect(trap).toBeInstanceOf(WebAssembly.RuntimeError);
  await machine.pause();
});

test("what a step returns says what follows", async () => {
  const module = assemble(`(module (memory (export "memory") 1)
    (func (export "step") (result i64)
      (i32.store (i32.const 0) (i32.add (i32.load (i32.const 0)) (i32.const 1)))
      (select (i64.const -1) (i64.const 0) (i32.eq (i32.load (i32.const 0)) (i32.const 5)))))`);
  const machine = await WasmMachine.create({ module, step: "step" });
  await machine.resume();
  expect(await machine.ended).toEqual({ trap: undefined });
  expect(machine.bytes.read(0, 1)[0]).toBe(5);
  machine.destroy();
});

test("functions are called between steps, and imports see memory as the module does", async () => {
  const module = assemble(`(module (import "env" "shout" (func $shout (param i32 i32)))
    (memory 1) (data (i32.const 32) "abc")
    (func (export "step") (result i32) (i32.const 1000000))
    (func (export "speak") (param i32) (result i32)
      (call $shout (i32.const 32) (i32.const 3)) (i32.add (local.get 0) (i32.const 1))))`);
  const machine = await WasmMachine.create({
    module,
    step: "step",
    imports: (memory) => ({
      env: {
        shout: (address: number, length: number) => {
          const text = new TextDecoder().decode(memory.read(address, length));
          memory.write(address, new TextEncoder().encode(text.toUpperCase()));
        },
      },
    }),
  });
  expect(() => machine.call("sing")).toThrow("name");
  await machine.resume();
  expect(await machine.call("speak", 41)).toBe(42);
  expect(new TextDecoder().decode(machine.bytes.read(32, 3))).toBe("ABC");
  const late = machine.call("speak", 1);
  await machine.pause();
  machine.destroy();
  await expect(late).rejects.toMatchObject({ tag: "AbortedError" });
});
