import { describe, expect, test } from "vitest";
import { until } from "../../src/machine/conformance/subject.js";
import { machineConformance } from "../../src/machine/conformance.js";
import type { WasmApplication } from "../../src/machine/wasm/application.js";
import { wasmKind } from "../../src/machine/wasm/kind.js";
import type { WasmMachine } from "../../src/machine/wasm/wasm-machine.js";
import { moveMachine } from "../../src/move/source.js";
import { receiveMachine } from "../../src/move/target.js";
import { memoryChannels } from "../../src/transport/memory-channel.js";
import { FrameStream } from "../../src/wire/frame.js";
import { TABLES, TWO_MEMORIES, UNALIGNED, VECTORS } from "../unit/machine/wasm/modules.js";
import { isAsAfter, Rig, underTest } from "../unit/machine/wasm/rig.js";

const SUBJECTS: [string, Uint8Array, Partial<WasmApplication>][] = [
  ["unaligned accesses, blocking", UNALIGNED, { demand: "blocking" }],
  ["unaligned accesses, suspending", UNALIGNED, { demand: "suspending" }],
  ["vectors, suspending", VECTORS, { demand: "suspending" }],
  ["tables, suspending", TABLES, { demand: "suspending" }],
];
// Chromium has several memories, Node only since version 22.
if (WebAssembly.validate(TWO_MEMORIES.slice())) {
  SUBJECTS.push(["two memories, suspending", TWO_MEMORIES, { demand: "suspending" }]);
}

describe.each(SUBJECTS)("a module in a page: %s", (_, module, options) => {
  test("it waits for pages as it was asked to", async () => {
    const { machine } = await Rig.create(module, options);
    expect(machine.demand).toBe(options.demand);
  });
  const make = async () => underTest(await Rig.create(module, options));
  for (const { name, run } of machineConformance(make)) test(name, run);
});

describe("a module moves within a page, over a channel", () => {
  test.each(["cold", "pre-copy", "post-copy", "hybrid"] as const)("%s", async (strategy) => {
    const source = await Rig.create(UNALIGNED, { demand: "suspending" });
    await source.machine.resume();
    await until(() => source.steps > 1000, "it came to something");
    const { a, b } = memoryChannels();
    const target = source.sibling();
    const kinds = [wasmKind(target.application)];
    const limits = { memoryBytes: 2 ** 20 };
    const received = receiveMachine(new FrameStream(b), { kinds, limits });
    const report = await moveMachine(source.machine, new FrameStream(a), { strategy });
    expect(report).toMatchObject({ outcome: "completed", runningOn: "target" });
    const { machine, arrived } = await received;
    await arrived;
    target.machine = machine as WasmMachine;
    await until(() => target.steps > source.steps, "it went on");
    await machine.pause();
    expect(source.machine.isRunning).toBe(false);
    expect(isAsAfter(target, target.steps)).toBe(true);
    machine.destroy();
    source.machine.destroy();
  });
});
