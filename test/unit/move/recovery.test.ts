import { expect, test } from "vitest";
import { PeerFailedError } from "../../../src/errors.js";
import { ReceivedMoves } from "../../../src/move/received-moves.js";
import { type MoveOptions, moveMachine } from "../../../src/move/source.js";
import type { Redialled } from "../../../src/move/source-owner.js";
import { type LostPages, receiveMachine } from "../../../src/move/target.js";
import type { Channel } from "../../../src/transport/channel.js";
import { memoryChannels } from "../../../src/transport/memory-channel.js";
import { FrameStream } from "../../../src/wire/frame.js";
import { MOVE_FRAMES } from "../../../src/wire/frame-types.js";
import { CountingMachine, countingKind, SMALL } from "../../support/counting-machine.js";

/** A move whose channel is cut before the frame that `cuts` picks leaves; `redial` decides what comes then. */
async function begin(
  options: MoveOptions,
  cuts: (type: number, nth: number, side: "source" | "target") => boolean,
) {
  const machine = new CountingMachine({ ...SMALL, demand: "suspending" });
  machine.runSlices(100);
  await machine.resume();
  const kind = countingKind();
  const moves = new ReceivedMoves();
  let lost: LostPages | null = null;
  const { a, b } = memoryChannels();
  const seen = new Map<string, number>();
  const watch = (channel: Channel, side: "source" | "target") => {
    const send = channel.send.bind(channel);
    channel.send = (parts) => {
      const type = parts[0]?.[0] ?? 0;
      const nth = (seen.get(`${side} ${type}`) ?? 0) + 1;
      seen.set(`${side} ${type}`, nth);
      if (cuts(type, nth, side)) channel.close(new PeerFailedError("peer", "cut"));
      else send(parts);
    };
  };
  watch(a, "source");
  watch(b, "target");
  const received = receiveMachine(new FrameStream(b), {
    kinds: [kind],
    limits: { memoryBytes: 2 ** 30 },
    moves,
    onLost: (pages) => {
      lost = pages;
    },
  });
  received.catch(() => {});
  const moving = moveMachine(machine, new FrameStream(a), options);
  moving.catch(() => {});
  const there = () => kind.built[0] as CountingMachine;
  return { machine, there, moves, received, moving, lost: () => lost };
}

function reachable(moves: () => ReceivedMoves): () => Promise<Redialled> {
  return async () => {
    const { a, b } = memoryChannels();
    void moves().rejoin(new FrameStream(b));
    return new FrameStream(a);
  };
}

const SLOW = { strategy: "post-copy", maxBandwidth: 5e6, epochMs: 2 } as const;

test("a target that dies is followed by the source, from the last complete epoch", async () => {
  const applied: number[] = [];
  let stop: (() => void) | null = null;
  const run = await begin({ ...SLOW, redial: async () => "dead" }, (type, nth, side) => {
    if (side === "target" && type === MOVE_FRAMES.epoch) applied.push(run.there().count);
    if (side !== "target" || type !== MOVE_FRAMES.epoch || nth < 3) return false;
    stop?.();
    return true;
  });
  stop = () => run.there().destroy();
  const report = await run.moving;
  expect(report).toMatchObject({ outcome: "failed", runningOn: "source" });
  expect(report.recovery).toMatchObject({ epoch: 2, outputMayHaveBeenSeen: true });
  expect(report.recovery?.lostMs).toBeGreaterThan(0);
  await run.machine.pause();
  expect(run.machine.count).toBeGreaterThanOrEqual(applied[1] as number);
  expect(run.machine.wrongPages()).toEqual([]);
});

test("a cut while pages follow is mended: the target says what it lacks", async () => {
  const moves: { current: ReceivedMoves | null } = { current: null };
  const redial = reachable(() => moves.current as ReceivedMoves);
  const run = await begin({ ...SLOW, redial }, (type, nth, side) => {
    return side === "source" && type === MOVE_FRAMES.pages && nth === 20;
  });
  moves.current = run.moves;
  const report = await run.moving;
  expect(report).toMatchObject({ outcome: "completed", runningOn: "target", rejoins: 1 });
  expect(report.recovery).toBe(null);
  const { arrived, settled } = await run.received;
  await Promise.all([arrived, settled]);
  await run.there().pause();
  expect(run.machine.isRunning).toBe(false);
  expect(run.there().wrongPages()).toEqual([]);
});

test("a source in doubt asks, and hears that its commit was lost", async () => {
  const moves: { current: ReceivedMoves | null } = { current: null };
  const redial = reachable(() => moves.current as ReceivedMoves);
  const run = await begin({ redial }, (type) => type === MOVE_FRAMES.commit);
  moves.current = run.moves;
  const report = await run.moving;
  expect(report).toMatchObject({ outcome: "failed", runningOn: "source", recovery: null });
  expect(run.machine.isRunning).toBe(true);
  expect(run.there().isDestroyed).toBe(true);
  run.machine.destroy();
});

test("a source in doubt asks, and hears that the machine runs there", async () => {
  const moves: { current: ReceivedMoves | null } = { current: null };
  const redial = reachable(() => moves.current as ReceivedMoves);
  const run = await begin({ redial }, (type) => type === MOVE_FRAMES.running);
  moves.current = run.moves;
  const report = await run.moving;
  expect(report).toMatchObject({ outcome: "completed", runningOn: "target", rejoins: 1 });
  expect(run.machine.isRunning).toBe(false);
  expect(run.there().isRunning).toBe(true);
  run.there().destroy();
});

test("a source in doubt takes another process at the address for the death of the one it knew", async () => {
  const redial = reachable(() => new ReceivedMoves());
  const run = await begin({ redial }, (type) => {
    if (type !== MOVE_FRAMES.running) return false;
    run.there().destroy();
    return true;
  });
  const report = await run.moving;
  expect(report).toMatchObject({ outcome: "failed", runningOn: "source", recovery: { epoch: 0 } });
  expect(run.machine.isRunning).toBe(true);
  run.machine.destroy();
});

test("a source in doubt that cannot ask stands, until somebody declares the target dead", async () => {
  const alone = await begin({}, (type) => type === MOVE_FRAMES.running);
  await expect(alone.moving).rejects.toMatchObject({ tag: "InDoubtError" });
  expect(alone.machine.isRunning).toBe(false);
  alone.there().destroy();

  const declared = new AbortController();
  const redial = async (): Promise<Redialled> => {
    declared.abort("switched off");
    return "away";
  };
  const run = await begin({ redial, targetIsDead: declared.signal }, (type) => {
    if (type !== MOVE_FRAMES.running) return false;
    run.there().destroy();
    return true;
  });
  const report = await run.moving;
  expect(report.reason).toMatch(/declared dead: switched off/);
  expect(report).toMatchObject({ runningOn: "source", recovery: { epoch: 0 } });
  run.machine.destroy();
});

test("a source that dies leaves the target with the pages it has, and it says which it lacks", async () => {
  const run = await begin(SLOW, (type, nth, side) => {
    return side === "source" && type === MOVE_FRAMES.pages && nth === 20;
  });
  const received = await run.received;
  await run.moving;
  received.sourceDied("its host burned down");
  const lost = run.lost() as LostPages | null;
  expect(lost?.pages).toBeGreaterThan(0);
  const isLost = (page: number) => lost?.runs.some(({ start, end }) => page >= start && page < end);
  expect(run.there().wrongPages().every(isLost)).toBe(true);
  expect(run.there().isDestroyed).toBe(false);
  run.there().destroy();
});

test("a move of a name that was there before is refused", async () => {
  const moves = new ReceivedMoves();
  for (const expected of ["completed", "refused"]) {
    const machine = new CountingMachine(SMALL);
    const kind = countingKind();
    const { a, b } = memoryChannels();
    const limits = { memoryBytes: 2 ** 30 };
    receiveMachine(new FrameStream(b), { kinds: [kind], limits, moves }).catch(() => {});
    const moving = moveMachine(machine, new FrameStream(a), { moveId: "the same" });
    if (expected === "completed") expect((await moving).outcome).toBe("completed");
    else await expect(moving).rejects.toThrow(/moveId: got "the same", expected a name/);
  }
});
