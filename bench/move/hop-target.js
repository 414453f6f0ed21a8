// A process that receives machines over TCP, each in a worker thread that can block; says what became of them.
import { Worker } from "node:worker_threads";
import { bridge } from "../../dist/transport/bridge.js";
import { nodePortChannel } from "../../dist/transport/node-port-channel.js";
import { listenTcp } from "../../dist/transport/tcp.js";

const { port1, port2 } = new MessageChannel();
const worker = new Worker(new URL("hop-worker.js", import.meta.url), {
  workerData: { port: port2 },
  transferList: [port2],
});
worker.on("message", (message) => process.send(message));
worker.on("error", (error) => {
  console.error(error);
  process.exit(1);
});
const listener = await listenTcp("tcp://127.0.0.1:0", (channel) => {
  bridge(channel, nodePortChannel(port1));
});
process.send({ address: listener.address });
