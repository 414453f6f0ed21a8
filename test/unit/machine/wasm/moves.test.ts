import { expect, test } from "vitest";
import { until } from "../../../../src/machine/conformance/subject.js";
import { wasmKind } from "../../../../src/machine/wasm/kind.js";
import type { WasmMachine } from "../../../../src/machine/wasm/wasm-machine.js";
import { moveMachine } from "../../../../src/move/source.js";
import { receiveMachine } from "../../../../src/move/target.js";
import { memoryChannels } from "../../../../src/transport/memory-channel.js";
import { FrameStream } from "../../../../src/wire/frame.js";
import { BULK, TABLES, UNALIGNED } from "./modules.js";
import { isAsAfter, Rig } from "./rig.js";

const LIMITS = { memoryBytes: 2 ** 20 };

test.each([
  ["cold", "exact"],
  ["stop-and-copy", "exact"],
  ["pre-copy", "exact"],
  ["pre-copy", "compare"],
] as const)("%s moves a module at work, its log %s", async (strategy, log) => {
  const source = await Rig.create(BULK, { log });
  await source.machine.resume();
  await until(() => source.steps > 200, "it came to something");
  const { a, b } = memoryChannels();
  const target = source.sibling();
  const received = receiveMachine(new FrameStream(b), {
    kinds: [wasmKind(target.application)],
    limits: LIMITS,
  });
  const report = await moveMachine(source.machine, new FrameStream(a), { strategy });
  expect(report).toMatchObject({ outcome: "completed", runningOn: "target", verified: true });
  target.machine = (await received).machine as WasmMachine;
  await until(() => target.steps > source.steps, "it went on");
  await target.machine.pause();
  expect(source.machine.isRunning).toBe(false);
  expect(isAsAfter(target, target.steps)).toBe(true);
  target.machine.destroy();
});

test("a host that does not know the module refuses it, and it runs on where it was", async () => {
  const source = await Rig.create(UNALIGNED);
  await source.machine.resume();
  const { a, b } = memoryChannels();
  const other = wasmKind(new Rig(TABLES).application);
  const received = receiveMachine(new FrameStream(b), { kinds: [other], limits: LIMITS });
  const moved = moveMachine(source.machine, new FrameStream(a));
  await expect(received).rejects.toMatchObject({ option: "configuration.module" });
  await expect(moved).rejects.toThrow("SHA-256 of a module that is accepted here");
  const { steps } = source;
  await until(() => source.steps > steps, "it ran on");
  source.machine.destroy();
});
