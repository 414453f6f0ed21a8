import type { ThreadHost } from "../src/kernel/thread-host.js";
import { webThreads } from "../src/kernel/web-threads.js";

/** Threads of where the test runs. */
export const threadHost: ThreadHost =
  typeof document === "undefined"
    ? (await import("../src/files/node-threads.js")).nodeThreads
    : webThreads;
