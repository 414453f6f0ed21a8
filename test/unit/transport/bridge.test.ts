import { expect, test } from "vitest";
import { bridge } from "../../../src/transport/bridge.js";
import { memoryChannels } from "../../../src/transport/memory-channel.js";
import { channelConformance } from "./channel-conformance.js";

channelConformance("two channels with a bridge", async () => {
  const [left, right] = [memoryChannels(), memoryChannels()];
  void bridge(left.b, right.a);
  return { a: left.a, b: right.b };
});

test("a bridge passes failure on, and says when it is over", async () => {
  const [left, right] = [memoryChannels(), memoryChannels()];
  const over = bridge(left.b, right.a);
  left.a.close(new Error("wrong"));
  expect(await right.b.receive()).toBe(null);
  expect(right.b.failure).toBeDefined();
  await over;
  expect(right.a.failure?.message).toMatch(/cut the connection/);
});
