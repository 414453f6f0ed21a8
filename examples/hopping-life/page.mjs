// Takes the game of life over from the server, draws it, and sends it back.

import { dialWebSocket, FrameStream, moveMachine, receiveMachine, wasmKind } from "godwit/machine";
import { LIMITS, lifeApplication } from "./application.mjs";

const response = await fetch("life.wasm");
const application = lifeApplication(new Uint8Array(await response.arrayBuffer()));
const [canvas, take, back, output] = ["canvas", "#take", "#back", "output"].map((name) =>
  document.querySelector(name),
);
const SIDE = canvas.width;
const pen = canvas.getContext("2d");
const image = pen.createImageData(SIDE, SIDE);

/** The game while it is here. */
let life = null;

const dial = async (path) =>
  new FrameStream(await dialWebSocket(`ws://${location.hostname}:${location.port}/${path}`));

take.onclick = async () => {
  take.disabled = true;
  try {
    const options = { kinds: [wasmKind(application)], limits: LIMITS };
    const { machine, arrived } = await receiveMachine(await dial("take"), options);
    await arrived;
    life = machine;
    back.disabled = false;
    draw(life, await life.call("picture"));
  } catch (error) {
    output.value = `It did not come: ${error.message}`;
    take.disabled = false;
  }
};

back.onclick = async () => {
  back.disabled = true;
  try {
    const report = await moveMachine(life, await dial("bring"), { downtimeLimitMs: 20 });
    if (report.runningOn === "source") throw new Error(report.reason);
    life.destroy();
    life = null;
    take.disabled = false;
    output.value = `It runs on the server again; it stood for ${report.downtimeMs.toFixed(1)} ms.`;
  } catch (error) {
    output.value = `It did not leave: ${error.message}`;
    back.disabled = false;
  }
};

/** Draws the cells, again and again for as long as this machine is here. */
function draw(machine, address) {
  const cells = machine.bytes.read(address, SIDE * SIDE);
  const pixels = new Uint32Array(image.data.buffer);
  for (let at = 0; at < pixels.length; at++) pixels[at] = cells[at] ? 0xff306020 : 0xfff4f8f0;
  pen.putImageData(image, 0, 0);
  machine.call("generation").then(
    (generation) => {
      output.value = `It runs in this page, at generation ${generation}.`;
      requestAnimationFrame(() => draw(machine, address));
    },
    () => {
      // It has left, and says no more.
    },
  );
}
