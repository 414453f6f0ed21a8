// Memory between two Node processes over TCP: a move beside a plain socket that copies the same buffers.
// node bench/move/throughput.js [GiB] [rounds]
import { fork } from "node:child_process";
import { once } from "node:events";

const gib = Number(process.argv[2] ?? 4);
const rounds = Number(process.argv[3] ?? 3);
const bytes = gib * 2 ** 30;
const file = (name) => new URL(name, import.meta.url).pathname;

async function run(mode, options = {}) {
  const argument = JSON.stringify({ mode, bytes, options });
  const target = fork(file("throughput-target.js"), [argument]);
  const source = fork(file("throughput-source.js"), [argument]);
  const [[where]] = await Promise.all([once(target, "message"), once(source, "message")]);
  const arrived = once(target, "message");
  source.send(where);
  const [[sent], [got]] = await Promise.all([once(source, "message"), arrived]);
  target.kill("SIGKILL");
  source.kill("SIGKILL");
  const { seconds, cpu, report } = sent;
  if (report && report.outcome !== "completed") throw new Error(report.reason);
  return { mbPerSecond: bytes / 1e6 / seconds, seconds, sourceCpu: cpu, targetCpu: got.cpu };
}

const MODES = {
  plain: ["plain"],
  move: ["move", { verify: false }],
  "move, verified": ["move", {}],
};
for (let round = 0; round < rounds; round++) {
  for (const [name, mode] of Object.entries(MODES)) {
    const { mbPerSecond, seconds, sourceCpu, targetCpu } = await run(...mode);
    console.log(
      `${name.padEnd(16)} ${mbPerSecond.toFixed(0).padStart(6)} MB/s ${seconds.toFixed(2)} s, CPU source ${sourceCpu.toFixed(2)} s target ${targetCpu.toFixed(2)} s`,
    );
  }
}
