import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import type { ThreadHost } from "../kernel/thread-host.js";

const PORT = 'const crewPort = require("node:worker_threads").parentPort;';

/** Threads of Node. */
export const nodeThreads: ThreadHost = {
  get parallelism() {
    return availableParallelism();
  },

  start(script, onMessage, onEnd) {
    // Flags of this process, such as the loaders of a test runner, are not for this script.
    const worker = new Worker(`${PORT}\n${script}`, { eval: true, execArgv: [], name: "godwit" });
    worker.on("message", onMessage);
    worker.on("error", (error) => onEnd(String(error)));
    worker.on("exit", (code) => onEnd(`it ended with code ${code}`));
    return {
      post: (message) => worker.postMessage(message),
      release: () => worker.unref(),
      end: () => void worker.terminate(),
    };
  },
};
