import { setTimeout } from "node:timers/promises";
import { describe, expect } from "vitest";
import type { MachineKind } from "../../src/machine/machine.js";
import { LearningSwitch } from "../../src/machine/network/learning-switch.js";
import { plugIn } from "../../src/machine/network/plug.js";
import { joinSwitch } from "../../src/machine/network/trunk.js";
import { v86Kind } from "../../src/machine/v86/kind.js";
import type { V86Machine } from "../../src/machine/v86/v86-machine.js";
import { moveMachine } from "../../src/move/source.js";
import { receiveMachine } from "../../src/move/target.js";
import { memoryChannels } from "../../src/transport/memory-channel.js";
import { FrameStream } from "../../src/wire/frame.js";
import { RealClock } from "../../src/world/real-clock.js";
import { CHECKED_WORK, Console } from "./linux-console.js";
import { GUEST_ADDRESS, linux, MIB, testWithLinux } from "./linux-guest.js";
import { PingPeer } from "./ping-peer.js";

const PING_MS = 20;
const LIMITS = { memoryBytes: 64 * MIB };

/** PCs that nobody announces. */
const silentKind: MachineKind = {
  kind: v86Kind.kind,
  build: async (configuration, limits) =>
    Object.assign(await v86Kind.build(configuration, limits), { announce: () => {} }),
};

/**
 * Moves a Linux that works and is pinged from one switch to another, where the pings come from; answers those that
 * were lost.
 *
 * @param isSilentMeanwhile - Nobody pings while it moves, so that it has nothing to say of its own.
 */
async function pingThroughMove(
  network: "ne2k" | "virtio",
  kind: MachineKind,
  isSilentMeanwhile: boolean,
) {
  const clock = new RealClock();
  const [here, there] = [new LearningSwitch(clock), new LearningSwitch(clock)];
  const trunk = memoryChannels();
  const joined = [joinSwitch(here, trunk.a), joinSwitch(there, trunk.b)];
  const peer = new PingPeer(there, Uint8Array.of(10, 0, 0, 1), GUEST_ADDRESS);
  const source = await linux({ network });
  const shell = new Console(source);
  const unplug = plugIn(here, source);
  await source.resume();
  shell.type(CHECKED_WORK);
  while (!peer.knowsGuest) {
    peer.ask();
    await setTimeout(PING_MS);
  }
  let isPinging = true;
  const pinging = setInterval(() => isPinging && peer.ping(), PING_MS);
  try {
    await setTimeout(500);
    isPinging = !isSilentMeanwhile;
    while (isSilentMeanwhile && peer.lost.length > 0) await setTimeout(PING_MS);
    const { a, b } = memoryChannels();
    const receiving = receiveMachine(new FrameStream(b), {
      kinds: [kind],
      limits: LIMITS,
      onMachine: (machine) => {
        plugIn(there, machine as V86Machine);
        shell.follow(machine as V86Machine);
      },
    });
    const report = await moveMachine(source, new FrameStream(a), {});
    unplug();
    source.destroy();
    const { machine, arrived } = await receiving;
    await arrived;
    const before = peer.sent;
    isPinging = true;
    await setTimeout(1500);
    clearInterval(pinging);
    const after = peer.sent - before;
    // What is still on its way has a quarter of a minute.
    for (let tries = 0; tries < 50 && peer.lost.length > 0; tries++) await setTimeout(50);
    machine.destroy();
    return { report, lost: peer.lost, after, text: shell.text };
  } finally {
    clearInterval(pinging);
    trunk.a.close();
    await Promise.all(joined);
  }
}

describe.each(["ne2k", "virtio"] as const)(
  "a Linux with %s that is pinged every 20 ms",
  (network) => {
    testWithLinux("moves without losing one", async () => {
      const { report, lost, after, text } = await pingThroughMove(network, v86Kind, false);
      expect(report).toMatchObject({ outcome: "completed", runningOn: "target" });
      expect(after).toBeGreaterThan(10);
      expect(lost).toEqual([]);
      expect(text).not.toMatch(/WRONG|Oops|panic|segfault/);
    });
  },
);

testWithLinux(
  "a guest that says nothing while it moves is found where it is announced",
  async () => {
    const { report, lost, after } = await pingThroughMove("ne2k", v86Kind, true);
    expect(report).toMatchObject({ outcome: "completed", runningOn: "target" });
    expect(after).toBeGreaterThan(10);
    expect(lost).toEqual([]);
  },
);

testWithLinux("and is not found where it is not announced", async () => {
  const { report, lost, after } = await pingThroughMove("ne2k", silentKind, true);
  expect(report).toMatchObject({ outcome: "completed", runningOn: "target" });
  expect(lost.length).toBeGreaterThan(10);
  expect(lost.length).toBe(after);
});
