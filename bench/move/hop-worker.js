import { parentPort, workerData } from "node:worker_threads";
import { v86KindAt } from "../../dist/machine/v86/kind.js";
import { testGuestReports } from "../../dist/machine/v86/test-guest.js";
import { receiveMachine } from "../../dist/move/target.js";
import { nodePortChannel } from "../../dist/transport/node-port-channel.js";
import { FrameStream } from "../../dist/wire/frame.js";

const frames = new FrameStream(nodePortChannel(workerData.port));
let printed = "";
const { machine, arrived } = await receiveMachine(frames, {
  kinds: [v86KindAt({})],
  limits: { memoryBytes: 2 ** 31 },
  onMachine: (machine) => {
    machine.onSerial?.((byte) => {
      printed += String.fromCharCode(byte);
    });
  },
});
const began = performance.now();
const pull = await arrived;
const pulledMs = performance.now() - began;
await new Promise((resolve) => setTimeout(resolve, 1500));
await machine.pause();
const reports = testGuestReports(printed);
parentPort.postMessage({
  pull,
  pulledMs,
  last: reports.at(-1) ?? null,
  reports: reports.length,
  isBad: printed.includes("BAD"),
});
