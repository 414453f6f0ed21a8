import type { FromMachine, ToMachine } from "./worker-messages.js";

const tell = (tidings: FromMachine): void => postMessage(tidings);
addEventListener("message", ({ data }: MessageEvent<ToMachine>) => {
  if (data.order === "start")
    tell({ tells: "running", name: data.name, memoryBytes: data.memoryBytes });
});
