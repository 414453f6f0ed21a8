import { expect, test } from "vitest";
import { type MoveOptions, moveMachine } from "../../../src/move/source.js";
import { receiveMachine } from "../../../src/move/target.js";
import { memoryChannels } from "../../../src/transport/memory-channel.js";
import { FrameStream } from "../../../src/wire/frame.js";
import {
  type CountingConfiguration,
  CountingMachine,
  countingKind,
  SMALL,
} from "../../support/counting-machine.js";

async function move(options: MoveOptions, configuration: Partial<CountingConfiguration> = {}) {
  const machine = new CountingMachine({ ...SMALL, ...configuration });
  machine.runSlices(100);
  await machine.resume();
  const { a, b } = memoryChannels();
  const kind = countingKind();
  const limits = { memoryBytes: 2 ** 30 };
  const received = receiveMachine(new FrameStream(b), { kinds: [kind], limits });
  received.catch(() => {});
  const report = await moveMachine(machine, new FrameStream(a), options);
  return { machine, report, received, kind };
}

test.each(["pre-copy", "cold", "stop-and-copy"] as const)(
  "%s moves a running machine",
  async (strategy) => {
    const { machine, report, received } = await move({ strategy });
    const there = (await received).machine as CountingMachine;
    expect(report).toMatchObject({ outcome: "completed", runningOn: "target", verified: true });
    expect(machine.isRunning).toBe(false);
    expect(there.isRunning).toBe(true);
    expect(there.announced).toBe(1);
    await there.pause();
    expect(there.count).toBeGreaterThan(machine.count);
    expect(there.wrongPages()).toEqual([]);
  },
);

test.each(["post-copy", "hybrid"] as const)("%s lets the pages follow", async (strategy) => {
  const { machine, report, received } = await move({ strategy }, { demand: "suspending" });
  const { machine: got, arrived } = await received;
  const there = got as CountingMachine;
  const pull = await arrived;
  expect(report).toMatchObject({ outcome: "completed", runningOn: "target" });
  expect(report.faults.faults).toBe(pull.faults);
  expect(machine.isRunning).toBe(false);
  await there.pause();
  expect(there.count).toBeGreaterThan(machine.count);
  expect(there.wrongPages()).toEqual([]);
});
