import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isGodwitError } from "../../../src/errors.js";
import { proven } from "../../../src/transport/admission.js";
import type { Channel } from "../../../src/transport/channel.js";
import { memoryChannels } from "../../../src/transport/memory-channel.js";
import { authenticate, checkToken, type Role, type SecretRandom } from "../../../src/wire/auth.js";
import { type Frame, FrameStream } from "../../../src/wire/frame.js";
import { MAX_FRAME_BYTES } from "../../../src/wire/frame-size.js";
import { SESSION_FRAMES } from "../../../src/wire/frame-types.js";

const TOKEN = "a token of some length";
const { challenge, answer, proof } = SESSION_FRAMES;
const random: SecretRandom = (bytes) => crypto.getRandomValues(new Uint8Array(bytes));

/** How it ends: null, or why not. */
async function outcome(channel: Channel, role: Role, token: string | null = TOKEN) {
  try {
    await authenticate(channel, role, token, random);
    return null;
  } catch (error) {
    expect(isGodwitError(error)).toBe(true);
    expect(channel.failure).toBeDefined();
    return (error as Error).message;
  }
}

async function nextBody(frames: FrameStream): Promise<Uint8Array> {
  const frame = await frames.receive();
  return (frame as Frame).body.slice();
}

async function both(dialler: string | null, listener: string | null) {
  const { a, b } = memoryChannels();
  const ends = await Promise.all([
    outcome(a, "dialler", dialler),
    outcome(b, "listener", listener),
  ]);
  return { ends, limits: [a.frameLimit, b.frameLimit] };
}

/** Plays a dialler by hand against a listener that knows the token. */
async function against(play: (frames: FrameStream, nonce: Uint8Array) => void | Promise<void>) {
  const { a, b } = memoryChannels();
  const heard: string[] = [];
  const frames = new FrameStream(a);
  const ended = outcome(b, "listener");
  await play(frames, await nextBody(frames));
  for (let next = await frames.receive(); next !== null; next = await frames.receive()) {
    heard.push(String(next.type));
  }
  return { reason: await ended, heard };
}

describe("two ends", () => {
  test("that know the token let each other in", async () => {
    const limits = [MAX_FRAME_BYTES, MAX_FRAME_BYTES];
    expect(await both(TOKEN, TOKEN)).toEqual({ ends: [null, null], limits });
    expect(await both(null, null)).toEqual({ ends: [null, null], limits });
  });

  test("that do not know the same do not", async () => {
    const wrong = await both("another token, as long", TOKEN);
    expect(wrong.ends[0]).toMatch(/did not accept the token/);
    expect(wrong.ends[1]).toMatch(/did not prove that it knows the token/);
    expect((await both(null, TOKEN)).ends[0]).toMatch(/it asks for a token/);
  });

  test("do not speak when only the dialler has a token", async () => {
    expect((await both(TOKEN, null)).ends[0]).toMatch(/asks for no token/);
  });

  test("never send the token, nor the same twice", async () => {
    const seen: string[] = [];
    for (let round = 0; round < 2; round++) {
      const { a, b } = memoryChannels();
      const listening = new FrameStream(b);
      const ended = outcome(a, "dialler");
      listening.send(challenge, [new Uint8Array(32).fill(5)]);
      const said = (await listening.receive())?.body as Uint8Array;
      expect(said.length).toBe(64);
      expect(new TextDecoder("latin1").decode(said)).not.toContain(TOKEN.slice(0, 4));
      seen.push(said.join());
      b.close();
      await ended;
    }
    expect(seen[0]).not.toBe(seen[1]);
  });
});

describe("a listener", () => {
  test("hears no replay of what was once right", async () => {
    // A dialler's proof for one challenge is of no use for another.
    const { a, b } = memoryChannels();
    const listening = new FrameStream(b);
    void outcome(a, "dialler");
    listening.send(challenge, [new Uint8Array(32).fill(5)]);
    const recorded = await nextBody(listening);
    const { reason, heard } = await against((frames) => frames.send(answer, [recorded]));
    expect(reason).toMatch(/did not prove/);
    expect(heard).toEqual([]);
  });

  test("is not answered by its own words", async () => {
    const own = await against((frames, nonce) => frames.send(answer, [nonce, nonce]));
    expect(own).toEqual({ reason: expect.stringMatching(/did not prove/), heard: [] });
  });

  test("tells every stranger the same, which is nothing", async () => {
    const strangers: ((frames: FrameStream, nonce: Uint8Array) => void)[] = [
      (frames) => frames.send(answer, [new Uint8Array(63)]),
      (frames) => frames.send(answer, [new Uint8Array(65)]),
      (frames) => frames.send(answer),
      (frames) => frames.send(proof, [new Uint8Array(64)]),
      (frames) => frames.send(SESSION_FRAMES.open, [new Uint8Array(64)]),
      (frames) => frames.send(answer, [new Uint8Array(5000)]),
      (frames) => frames.channel.send([new Uint8Array(0)]),
      (frames) => frames.channel.send([new Uint8Array(80).fill(7)]),
      (frames) => frames.close(),
    ];
    for (const stranger of strangers) {
      const { reason, heard } = await against(stranger);
      expect(reason).not.toBe(null);
      expect(heard).toEqual([]);
    }
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (garbage) => {
        const { reason, heard } = await against((frames) => frames.channel.send([garbage]));
        expect(reason).not.toBe(null);
        expect(heard).toEqual([]);
      }),
    );
  });

  test("does not wait for ever", async () => {
    const { a, b } = memoryChannels();
    const silence = proven(b, "listener", TOKEN, 20);
    await expect(silence).rejects.toThrow("did not answer within 20 ms");
    await a.closed;
  });
});

describe("a dialler", () => {
  test("lets no impostor in", async () => {
    const impostors: ((frames: FrameStream, said: Uint8Array) => void)[] = [
      (frames) => frames.send(proof, [new Uint8Array(32)]),
      // What it has just heard, sent back.
      (frames, said) => frames.send(proof, [said.subarray(32)]),
      (frames) => frames.send(proof, [new Uint8Array(31)]),
      (frames) => frames.send(SESSION_FRAMES.opened),
      (frames) => frames.close(),
    ];
    for (const impostor of impostors) {
      const { a, b } = memoryChannels();
      const frames = new FrameStream(b);
      const ended = outcome(a, "dialler");
      frames.send(challenge, [new Uint8Array(32).fill(3)]);
      impostor(frames, await nextBody(frames));
      expect(await ended).not.toBe(null);
    }
  });

  test("refuses challenges of another length", async () => {
    const { a, b } = memoryChannels();
    const ended = outcome(a, "dialler");
    new FrameStream(b).send(challenge, [new Uint8Array(16)]);
    expect(await ended).toMatch(/not how a session begins/);
  });
});

test("a short token is refused, and not repeated", () => {
  expect(() => checkToken("secret")).toThrow(
    /^token: got "\(6 characters\)", expected at least 16/,
  );
});
