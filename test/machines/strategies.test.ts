import { describe, expect, test } from "vitest";
import { checksumAt, testGuest, testGuestReports } from "../../src/machine/v86/test-guest.js";
import { V86Machine } from "../../src/machine/v86/v86-machine.js";
import { type MoveOptions, type MoveReport, moveMachine } from "../../src/move/source.js";
import { FrameStream } from "../../src/wire/frame.js";
import { CHECKED_WORK, Console } from "./linux-console.js";
import { linux, MIB, testWithLinux } from "./linux-guest.js";
import { PcThread } from "./pc-thread.js";

const STRATEGIES = ["cold", "stop-and-copy", "pre-copy", "post-copy", "hybrid"] as const;
const MEMORY = 64 * MIB;

/** Moves a machine into a thread, and waits until all of it is there. */
async function moveToThread(
  machine: V86Machine,
  shell: Console,
  options: MoveOptions,
): Promise<{ thread: PcThread; report: MoveReport }> {
  const thread = new PcThread(MEMORY);
  shell.follow(thread);
  const report = await moveMachine(machine, new FrameStream(thread.channel), options);
  await thread.arrived;
  machine.destroy();
  return { thread, report };
}

describe.each(STRATEGIES)("%s", (strategy) => {
  testWithLinux("moves a Linux amid its work", async () => {
    const machine = await linux();
    const shell = new Console(machine);
    await machine.resume();
    shell.type(CHECKED_WORK);
    await shell.heard(/OK 2\r/);
    const { thread, report } = await moveToThread(machine, shell, { strategy });
    expect(report).toMatchObject({ outcome: "completed", runningOn: "target" });
    const [turn] = [...shell.text.matchAll(/^OK (\d+)\r/gm)]
      .map(([, text]) => Number(text))
      .slice(-1);
    await shell.heard(new RegExp(`OK ${(turn as number) + 3}\r`), 0);
    expect(shell.text).not.toMatch(/WRONG|Oops|panic|segfault/);
    await thread.end();
  });
});

// The others move it in the tests of hosts and of rings.
describe.each(["post-copy", "hybrid"] as const)("%s", (strategy) => {
  test("moves the test guest amid its work", async () => {
    const guest = { pages: 2048, paging: true, exec: true, report: 512 };
    const machine = await V86Machine.create({ memoryBytes: 32 * MIB, guest: testGuest(guest) });
    const shell = new Console(machine);
    await machine.resume();
    await shell.heard(/^C /m);
    const { thread, report } = await moveToThread(machine, shell, { strategy });
    expect(report).toMatchObject({ outcome: "completed", runningOn: "target" });
    const before = testGuestReports(shell.text).length;
    // It has looked at each of its pages by then.
    const isEnough = () =>
      testGuestReports(shell.text).length >= before + (2 * guest.pages) / 512 + 1;
    while (!isEnough()) await shell.heard(/\nC [^\n]*\n/);
    const reports = testGuestReports(shell.text);
    for (const { count, checksum, bad } of reports.slice(-2)) {
      expect({ checksum, bad }).toEqual({ checksum: checksumAt(count, guest), bad: 0 });
    }
    expect(shell.text).not.toContain("BAD");
    await thread.end();
  });
});
