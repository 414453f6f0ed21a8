// The test guest from one process to another, again and again: downtime by part, and what faults cost.
// node bench/move/hop.js [strategy] [times] [MiB]
import { fork } from "node:child_process";
import { once } from "node:events";
import { checksumAt, testGuest } from "../../dist/machine/v86/test-guest.js";
import { V86Machine } from "../../dist/machine/v86/v86-machine.js";
import { moveMachine } from "../../dist/move/source.js";
import { dialTcp } from "../../dist/transport/tcp.js";
import { FrameStream } from "../../dist/wire/frame.js";

const [strategy = "pre-copy", times = "5", mib = "32"] = process.argv.slice(2);
const guest = { pages: 2048, exec: true, paging: true, delay: 100, report: 1000 };
const rows = [];
for (let time = 0; time < Number(times); time++) {
  const machine = await V86Machine.create({
    memoryBytes: Number(mib) * 2 ** 20,
    guest: testGuest(guest),
  });
  await machine.resume();
  await new Promise((resolve) => setTimeout(resolve, 500));
  const target = fork(new URL("hop-target.js", import.meta.url));
  const [{ address }] = await once(target, "message");
  const told = once(target, "message");
  const frames = new FrameStream(await dialTcp(address));
  const report = await moveMachine(machine, frames, { strategy, downtimeLimitMs: 10 });
  const [there] = await told;
  target.kill("SIGKILL");
  machine.destroy();
  if (report.outcome !== "completed") throw new Error(report.reason);
  const { last, isBad, reports } = there;
  const right = last && last.checksum === checksumAt(last.count, guest) && last.bad === 0;
  const p = report.downtimeParts;
  rows.push(report.downtimeMs);
  console.log(
    `downtime ${report.downtimeMs.toFixed(1)} ms (pause ${p.pause.toFixed(1)} pages ${p.finalPages.toFixed(1)} state ${p.state.toFixed(1)} resume ${p.resume.toFixed(1)}), total ${report.totalMigrationTimeMs.toFixed(0)} ms, rounds ${report.rounds.map((r) => r.pagesSent)}, state ${report.stateBytes} B, verified ${report.verified}, guest ${right && !isBad ? "right" : "WRONG"} (${reports} reports)` +
      (report.faults.faults
        ? `, faults ${report.faults.faults}, p50 ${report.faults.medianStallMs.toFixed(3)} max ${report.faults.maxStallMs.toFixed(1)} ms`
        : ""),
  );
}
rows.sort((a, b) => a - b);
console.log(`${strategy}: downtime p50 ${rows[rows.length >> 1].toFixed(1)} ms`);
process.exit(0);
