// The thread in which a machine arrives and runs.

import { parentPort, workerData } from "node:worker_threads";
import { v86Kind } from "../../dist/machine/v86/kind.js";
import { receiveMachine } from "../../dist/move/target.js";
import { nodePortChannel } from "../../dist/transport/node-port-channel.js";
import { FrameStream } from "../../dist/wire/frame.js";
import { onFirstSlice } from "./first-slice.js";

const { port, memoryBytes } = workerData;
const { machine, arrived } = await receiveMachine(new FrameStream(nodePortChannel(port)), {
  kinds: [v86Kind],
  limits: { memoryBytes },
  onMachine: (machine) => onFirstSlice(machine, (slice) => parentPort.postMessage(slice)),
});
await arrived;
await machine.pause();
parentPort.postMessage("arrived");
