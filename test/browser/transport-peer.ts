// What runs in a worker of the tests of channels.
import { dialBroadcast } from "../../src/transport/broadcast-channel.js";
import { ringReader } from "../../src/transport/ring-reader.js";

/** Answers each frame, for which it blocks, by its length and first byte. */
function answerBlocking(memory: SharedArrayBuffer, port: MessagePort): void {
  const channel = ringReader(memory, port);
  for (;;) {
    const frame = channel.receiveNow(50);
    if (frame === null) return;
    if (frame === undefined) continue;
    channel.send([new Uint8Array(Uint32Array.of(frame.length, frame[0] ?? 0).buffer)]);
  }
}

self.onmessage = async ({ data }: MessageEvent) => {
  if ("dial" in data) {
    const channel = await dialBroadcast(data.dial);
    channel.send([Uint8Array.of(1, 2, 3)]);
  } else answerBlocking(data.memory, data.port);
};
