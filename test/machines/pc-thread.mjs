// A thread that receives a PC and runs it: what a host's thread does, and nothing else. Uses the build.

import { parentPort, workerData } from "node:worker_threads";
import { v86Kind } from "../../dist/machine/v86/kind.js";
import { receiveMachine } from "../../dist/move/target.js";
import { nodePortChannel } from "../../dist/transport/node-port-channel.js";
import { FrameStream } from "../../dist/wire/frame.js";

const { port, memoryBytes } = workerData;

function attend(machine) {
  machine.onSerial((byte) => parentPort.postMessage({ serial: byte }));
  parentPort.on("message", ({ type }) => machine.sendSerial(type));
}

try {
  const { arrived } = await receiveMachine(new FrameStream(nodePortChannel(port)), {
    kinds: [v86Kind],
    limits: { memoryBytes },
    onMachine: attend,
  });
  const { faults, prepagedPages, stalledNs } = await arrived;
  parentPort.postMessage({ arrived: { faults, prepagedPages, stalledNs } });
} catch (error) {
  parentPort.postMessage({ failed: String(error?.stack ?? error) });
}
