import type { V86Machine } from "../machine-browser.js";
import { LifeSigns } from "./life-signs.js";
import { makePc } from "./pc.js";
import { WatchedMachine } from "./watched-machine.js";
import type { FromMachine, ToMachine } from "./worker-messages.js";

// The thread that a machine of the page lives in, with its half of a move.

const tell = (tidings: FromMachine): void => postMessage(tidings);
let pc: V86Machine | null = null;

async function start(order: Extract<ToMachine, { order: "start" }>): Promise<void> {
  const { name, guest, memoryBytes, linux } = order;
  pc = await makePc(guest, memoryBytes, linux);
  const watched = new WatchedMachine(pc, false);
  watched.startLog();
  new LifeSigns(pc, watched, tell);
  await watched.resume();
  tell({ tells: "running", name, memoryBytes });
}

async function obey(order: ToMachine): Promise<void> {
  if (order.order === "start") await start(order);
  if (order.order === "type") pc?.sendSerial(order.text);
}

addEventListener("message", ({ data }: MessageEvent<ToMachine>) => {
  obey(data).catch((error: Error) => tell({ tells: "failed", words: error.message }));
});
