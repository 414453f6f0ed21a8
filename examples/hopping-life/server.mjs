// Runs the game of life, serves the page, and lets the game hop to the page and back.

import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { fileURLToPath } from "node:url";
import {
  FrameStream,
  listenWebSocket,
  moveMachine,
  receiveMachine,
  WasmMachine,
  wasmKind,
} from "godwit/machine";
import { createServer as createVite } from "vite";
import { LIMITS, lifeApplication } from "./application.mjs";

const PORT = Number(process.argv[2] ?? 8080);
const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const application = lifeApplication(await readFile(here("life.wasm")));

/** The game while it is here, and null while it is in a page. */
let life = await WasmMachine.create(application);
await life.resume();

// Vite hands out the page's scripts with the parts of godwit that they need.
const vite = await createVite({
  root: here("."),
  configFile: false,
  appType: "custom",
  logLevel: "error",
  server: { middlewareMode: true, ws: false, hmr: false },
});
const server = createServer(async (request, response) => {
  if (request.url !== "/") return vite.middlewares(request, response);
  response.setHeader("Content-Type", "text/html");
  response.end(await readFile(here("index.html")));
});
await new Promise((resolve) => server.listen(PORT, "127.0.0.1", resolve));
const { port } = server.address();

// The page asks for the game: it is moved there while it runs.
await listenWebSocket(`ws://127.0.0.1:${port}/take`, giveAway, { server });
// The page brings it back.
await listenWebSocket(`ws://127.0.0.1:${port}/bring`, takeBack, { server });

async function giveAway(channel) {
  const leaving = life;
  if (leaving === null) return channel.close();
  life = null;
  try {
    const report = await moveMachine(leaving, new FrameStream(channel), { downtimeLimitMs: 20 });
    console.log(`to the page: ${report.outcome}, downtime ${report.downtimeMs.toFixed(1)} ms`);
    if (report.runningOn === "target") return leaving.destroy();
  } catch (error) {
    console.log(`it did not leave: ${error.message}`);
  }
  life = leaving;
}

async function takeBack(channel) {
  if (life !== null) return channel.close();
  try {
    const options = { kinds: [wasmKind(application)], limits: LIMITS };
    const { machine, arrived } = await receiveMachine(new FrameStream(channel), options);
    await arrived;
    life = machine;
    console.log(`back at generation ${await life.call("generation")}`);
  } catch (error) {
    console.log(`it did not come: ${error.message}`);
  }
}

console.log(`http://127.0.0.1:${port}/`);
setInterval(async () => {
  if (life) console.log(`here, at generation ${await life.call("generation")}`);
}, 1000);
