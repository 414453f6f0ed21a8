import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isGodwitError } from "../../../src/errors.js";
import { memoryChannels } from "../../../src/transport/memory-channel.js";
import { FrameStream } from "../../../src/wire/frame.js";
import { CONTROL_FRAMES, SESSION_FRAMES } from "../../../src/wire/frame-types.js";
import { encodeJson } from "../../../src/wire/json-body.js";
import { answerOpened, answerRefused, openSession, readOpen } from "../../../src/wire/open.js";

const REQUEST = { version: "1.2.3", purpose: "move" } as const;

/** Why a listener does not take up what a dialler says. */
async function refusal(body: Uint8Array): Promise<{ reason: string; answered: string | null }> {
  const { a, b } = memoryChannels();
  const frames = new FrameStream(a);
  frames.send(SESSION_FRAMES.open, [body]);
  const error = await readOpen(b).catch((cause: unknown) => cause);
  expect(isGodwitError(error, "WireFormatError", "PeerFailedError")).toBe(true);
  const answer = await frames.receive();
  const answered = answer && new TextDecoder().decode(answer.body);
  expect(await frames.receive()).toBe(null);
  return { reason: (error as Error).message, answered };
}

describe("a session", () => {
  test("is opened, and goes on from frame 0", async () => {
    const { a, b } = memoryChannels();
    const asked = openSession(a, { ...REQUEST, purpose: "rejoin", moveId: "m1" });
    expect(await readOpen(b)).toEqual({ version: "1.2.3", purpose: "rejoin", moveId: "m1" });
    answerOpened(b, { version: "4.5.6" });
    expect((await asked).version).toBe("4.5.6");
    const [left, right] = [new FrameStream(a), new FrameStream(b)];
    left.send(CONTROL_FRAMES.call);
    expect((await right.receive())?.type).toBe(CONTROL_FRAMES.call);
    right.send(CONTROL_FRAMES.answered);
    expect((await left.receive())?.type).toBe(CONTROL_FRAMES.answered);
  });

  test("is refused with the reason", async () => {
    const { a, b } = memoryChannels();
    const asked = openSession(a, REQUEST);
    await readOpen(b);
    answerRefused(b, "no room");
    await expect(asked).rejects.toThrow("b: it refused: no room");
    expect(a.failure).toBeDefined();
  });

  test("of another protocol is refused with both numbers", async () => {
    const { reason, answered } = await refusal(encodeJson({ protocol: 7, something: "new" }));
    expect(reason).toMatch("protocol 7 is not spoken here, but protocol 1");
    expect(answered).toBe('{"reason":"protocol 7 is not spoken here, but protocol 1"}');
  });

  test("whose dialler says nothing sensible is closed", async () => {
    const open = { protocol: 1, ...REQUEST };
    const bad: [unknown, RegExp][] = [
      [{ ...open, purpose: "play" }, /purpose of open is damaged/],
      [{ ...open, version: "v".repeat(65) }, /version of open is damaged/],
      [{ ...open, moveId: "" }, /moveId of open is damaged/],
      [{ ...open, protocol: "1" }, /protocol of open is damaged/],
      [[], /protocol of open is damaged|open is damaged/],
      [null, /open is damaged/],
    ];
    for (const [value, reason] of bad) {
      const refused = await refusal(encodeJson(value));
      expect(refused.reason).toMatch(reason);
      expect(refused.answered).toBe(null);
    }
    const text = (json: string): Uint8Array => new TextEncoder().encode(json);
    expect((await refusal(text("{"))).reason).toMatch(/open is not JSON/);
    expect((await refusal(Uint8Array.of(0x22, 0xff, 0x22))).reason).toMatch(/open is not JSON/);
    expect((await refusal(text("[".repeat(65_000)))).reason).toMatch(/open is not JSON/);
    expect((await refusal(text(" ".repeat(65_537)))).reason).toMatch(
      /65537 bytes, more than 65536/,
    );
    await fc.assert(fc.asyncProperty(fc.uint8Array(), async (body) => void (await refusal(body))));
  });

  test("whose listener says nothing sensible is closed", async () => {
    const answers: ((frames: FrameStream) => void)[] = [
      (frames) => frames.send(SESSION_FRAMES.opened, [encodeJson({})]),
      (frames) => frames.send(SESSION_FRAMES.opened, [encodeJson({ protocol: 2, version: "1" })]),
      (frames) => frames.send(SESSION_FRAMES.refused, [encodeJson({ reason: 5 })]),
      (frames) => frames.send(CONTROL_FRAMES.call),
      (frames) => frames.close(),
    ];
    for (const answer of answers) {
      const { a, b } = memoryChannels();
      const asked = openSession(a, REQUEST);
      answer(new FrameStream(b));
      const error = await asked.catch((cause: unknown) => cause);
      expect(isGodwitError(error, "WireFormatError", "PeerFailedError")).toBe(true);
      expect(await a.receive()).toBe(null);
    }
  });
});
