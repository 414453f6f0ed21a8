import { setTimeout } from "node:timers/promises";
import { expect, test } from "vitest";
import { v86Kind } from "../../src/machine/v86/kind.js";
import { checksumAt, testGuest, testGuestReports } from "../../src/machine/v86/test-guest.js";
import { V86Machine } from "../../src/machine/v86/v86-machine.js";
import { moveMachine } from "../../src/move/source.js";
import { receiveMachine } from "../../src/move/target.js";
import { memoryChannels } from "../../src/transport/memory-channel.js";
import { FrameStream } from "../../src/wire/frame.js";
import { CHECKED_WORK, Console } from "./linux-console.js";
import { linux, MIB, testWithLinux } from "./linux-guest.js";

const HOPS = 40;

/** Moves a running machine from place to place; each compares the digests of all pages before it runs. */
async function hopAround(first: V86Machine, shell: Console, memoryBytes: number) {
  let machine = first;
  for (let hop = 0; hop < HOPS; hop++) {
    // So that places of rest differ.
    await setTimeout(10 + ((hop * 7) % 30));
    const { a, b } = memoryChannels();
    const receiving = receiveMachine(new FrameStream(b), {
      kinds: [v86Kind],
      limits: { memoryBytes },
      onMachine: (arriving) => shell.follow(arriving as V86Machine),
    });
    const report = await moveMachine(machine, new FrameStream(a));
    expect(report).toMatchObject({ outcome: "completed", runningOn: "target", verified: true });
    machine.destroy();
    machine = (await receiving).machine as V86Machine;
  }
  return machine;
}

test(`the test guest is intact after ${HOPS} hops`, async () => {
  const guest = { pages: 1024, paging: true, exec: true, irq: true, report: 512 };
  const first = await V86Machine.create({ memoryBytes: 16 * MIB, guest: testGuest(guest) });
  const shell = new Console(first);
  await first.resume();
  await shell.heard(/^C /m);
  const last = await hopAround(first, shell, 16 * MIB);
  const before = testGuestReports(shell.text).length;
  // It has looked at each of its pages by then.
  const isEnough = () => testGuestReports(shell.text).length > before + (2 * guest.pages) / 512;
  while (!isEnough()) await shell.heard(/\nC [^\n]*\n/);
  const reports = testGuestReports(shell.text);
  for (const { count, checksum, bad } of reports.slice(-2)) {
    expect({ checksum, bad }).toEqual({ checksum: checksumAt(count, guest), bad: 0 });
  }
  expect(shell.text).not.toContain("BAD");
  last.destroy();
});

testWithLinux(`a Linux is intact after ${HOPS} hops amid its work`, async () => {
  const first = await linux();
  const shell = new Console(first);
  await first.resume();
  shell.type(CHECKED_WORK);
  await shell.heard(/OK 2\r/);
  const last = await hopAround(first, shell, 64 * MIB);
  const turns = () => [...shell.text.matchAll(/^OK (\d+)\r/gm)].map(([, turn]) => Number(turn));
  await shell.heard(new RegExp(`OK ${turns().length + 3}\r`), 0);
  expect(turns()).toEqual(turns().map((_, index) => index + 1));
  expect(shell.text).not.toMatch(/WRONG|Oops|panic|segfault/);
  last.destroy();
});
