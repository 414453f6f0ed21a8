import type { ThreadHost } from "./thread-host.js";

/** Threads of a browser: Web Workers, started from the script itself, so that nothing is fetched. */
export const webThreads: ThreadHost = {
  get parallelism() {
    return globalThis.navigator?.hardwareConcurrency ?? 1;
  },

  start(script, onMessage, onEnd) {
    const source = new Blob([`const crewPort = globalThis;\n${script}`], {
      type: "text/javascript",
    });
    const url = URL.createObjectURL(source);
    const worker = new Worker(url, { name: "godwit" });
    worker.onmessage = ({ data }) => {
      URL.revokeObjectURL(url);
      onMessage(data);
    };
    // A page's content security policy that forbids such workers shows as an error without words.
    worker.onerror = ({ message }) => {
      URL.revokeObjectURL(url);
      onEnd(
        message ?? "the page's content security policy may forbid workers from blob: addresses",
      );
    };
    return {
      post: (message) => worker.postMessage(message),
      release: () => undefined,
      end: () => worker.terminate(),
    };
  },
};
