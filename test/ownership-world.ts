import {
  newSource,
  type SourceEffect,
  type SourceEvent,
  type SourceOwnership,
  stepSource,
} from "../src/move/source-ownership.js";
import {
  newTarget,
  stepTarget,
  type TargetEffect,
  type TargetEvent,
  type TargetOwnership,
} from "../src/move/target-ownership.js";

/** The rules under test; a test may break one to see whether that is found. */
export interface Rules {
  readonly source: typeof stepSource;
  readonly target: typeof stepTarget;
}
export const RULES: Rules = { source: stepSource, target: stepTarget };

/** What may still go wrong, and how often. */
export interface Faults {
  /** A side gives up a channel that was in order: a cut, a corrupted frame, silence. */
  readonly cuts: number;
  readonly sourceCrashes: number;
  readonly targetCrashes: number;
  readonly aborts: number;
  /** The target's machine cannot be used or fails. */
  readonly breaks: number;
  /** Epochs that the target may send; no fault, but there must be an end. */
  readonly epochs: number;
}

/** Both sides, and all that the network has ever been given; it may deliver any of it at any time, again and again. */
export interface World {
  /** Null: the process has ended. */
  readonly source: SourceOwnership | null;
  readonly target: TargetOwnership | null;
  /** A new process at the target's address, which has heard of nothing. */
  readonly stranger: boolean;
  /** Which process is at the target's end of the channels 1, 2, ... */
  readonly ends: readonly ("target" | "stranger")[];
  /** Channels that one of the sides has given up. */
  readonly cut: readonly number[];
  /** Words as JSON, sorted. */
  readonly said: readonly string[];
  readonly isProving: boolean;
  readonly faults: Faults;
  /** What is true, whatever the sides believe. */
  readonly truth: Truth;
}

interface Truth {
  readonly owner: "source" | "target";
  /** Whether the target has ever received a commit. */
  readonly wasCommitted: boolean;
  readonly sourceRuns: boolean;
  readonly targetRuns: boolean;
  readonly sourceHasCopy: boolean;
  readonly targetHasCopy: boolean;
  /** The last epoch that was taken over whole at the source. */
  readonly epoch: number;
}

export interface Move {
  readonly name: string;
  readonly world: World;
  /** It happens sooner or later once nothing goes wrong any more. */
  readonly isFair: boolean;
}

/** A rule was broken on the way to a world. */
export class Breach extends Error {}

interface Letter {
  readonly to: "source" | "target";
  readonly channel: number;
  readonly word: never;
}

/** More than cuts and crashes can bring about; wrong rules could dial for ever. */
const MAX_CHANNELS = 6;
const INCARNATION = { target: "first", stranger: "second" };

export function firstWorld(faults: Faults): World {
  return {
    source: newSource(),
    target: newTarget(),
    stranger: false,
    ends: ["target"],
    cut: [],
    said: [letter("source", 1, { kind: "accept", incarnation: INCARNATION.target })],
    isProving: false,
    faults,
    truth: {
      owner: "source",
      wasCommitted: false,
      sourceRuns: true,
      targetRuns: false,
      sourceHasCopy: true,
      targetHasCopy: true,
      epoch: 0,
    },
  };
}

/** Everything that may happen next. `isWhole`: the switchover leaves no page behind, as after pre-copy. */
export function* movesOf(world: World, isWhole: boolean, rules: Rules): Generator<Move> {
  yield* deliveries(world, rules);
  yield* cuts(world, rules);
  yield* crashes(world);
  if (world.source) yield* sourceMoves(world, world.source, rules);
  if (world.target) yield* targetMoves(world, world.target, isWhole, rules);
}

function* deliveries(world: World, rules: Rules): Generator<Move> {
  for (const text of world.said) {
    const { to, channel, word } = read(text);
    const heard = { kind: "heard", channel, word } as const;
    const move = { name: `deliver ${text}`, isFair: !world.cut.includes(channel) };
    if (to === "source") {
      if (world.source) yield { ...move, world: tellSource(world, heard, rules) };
    } else if (world.ends[channel - 1] === "target") {
      if (world.target) yield { ...move, world: tellTarget(world, heard, rules) };
    } else if (world.stranger) {
      const incarnation = INCARNATION.stranger;
      yield { ...move, world: post(world, "source", channel, { kind: "unknown", incarnation }) };
    }
  }
}

/** A side notices that its channel is cut, or takes it for cut. */
function* cuts(world: World, rules: Rules): Generator<Move> {
  const { source, target } = world;
  const give = function* (channel: number, tell: (world: World) => World): Generator<Move> {
    const isFair = world.cut.includes(channel);
    const less = isFair ? world : spend(world, "cuts");
    if (less) yield { name: `cut ${channel}`, isFair, world: tell(cutOff(less, [channel])) };
  };
  if (source && "channel" in source && (!("isConnected" in source) || source.isConnected)) {
    const event = { kind: "cut", channel: source.channel, reason: "cut" } as const;
    yield* give(source.channel, (less) => tellSource(less, event, rules));
  }
  if (target && (target.phase !== "running" || target.isConnected)) {
    const event = { kind: "cut", channel: target.channel, reason: "cut" } as const;
    yield* give(target.channel, (less) => tellTarget(less, event, rules));
  }
}

function* crashes(world: World): Generator<Move> {
  const all = world.ends.map((_, index) => index + 1);
  const withoutSource = world.source && spend(world, "sourceCrashes");
  if (withoutSource) {
    const truth = { ...world.truth, sourceRuns: false, sourceHasCopy: false };
    const crashed = cutOff({ ...withoutSource, source: null, truth }, all);
    yield { name: "the source crashes", isFair: false, world: crashed };
  }
  const withoutTarget = world.target && spend(world, "targetCrashes");
  if (withoutTarget) {
    const truth = { ...world.truth, targetRuns: false, targetHasCopy: false };
    const crashed = cutOff({ ...withoutTarget, target: null, isProving: false, truth }, all);
    yield { name: "the target crashes", isFair: false, world: crashed };
  }
  if (!world.target && !world.stranger)
    yield { name: "the target starts anew", isFair: false, world: { ...world, stranger: true } };
}

function* sourceMoves(world: World, source: SourceOwnership, rules: Rules): Generator<Move> {
  const tell = (name: string, from: World, event: SourceEvent, isFair = true): Move => ({
    name: `source: ${name}`,
    isFair,
    world: tellSource(from, event, rules),
  });
  if (source.phase === "pushing" && source.incarnation !== "") {
    const truth = { ...world.truth, sourceRuns: false };
    yield tell("stopped", { ...world, truth }, { kind: "stopped" });
  }
  const mayDial = world.ends.length < MAX_CHANNELS && (world.target || world.stranger);
  if ("isConnected" in source && !source.isConnected && mayDial) {
    const ends = [...world.ends, world.target ? ("target" as const) : ("stranger" as const)];
    yield tell("redials", { ...world, ends }, { kind: "redialled", channel: ends.length });
  }
  // Nobody is at the target's address: its connections are refused.
  if (!world.target && !world.stranger && "channel" in source)
    yield tell("learns of a death", world, { kind: "peer-dead", reason: "dead" });
  const aborted = spend(world, "aborts");
  if (aborted) yield tell("aborts", aborted, { kind: "abort", reason: "abort" }, false);
}

function* targetMoves(
  world: World,
  target: TargetOwnership,
  isWhole: boolean,
  rules: Rules,
): Generator<Move> {
  const tell = (name: string, from: World, event: TargetEvent, isFair = true): Move => ({
    name: `target: ${name}`,
    isFair,
    world: tellTarget(from, event, rules),
  });
  if (world.isProving)
    yield tell("proves", { ...world, isProving: false }, { kind: "proved", isWhole });
  const { source } = world;
  if (target.phase === "running" && !target.isWhole && source?.phase === "serving") {
    const isLinked = target.isConnected && target.channel === source.channel;
    if (isLinked && source.isConnected && !world.cut.includes(target.channel))
      yield tell("has all pages", world, { kind: "whole" });
  }
  if (target.phase === "running" && !target.isWhole && target.isConnected) {
    const due = spend(world, "epochs");
    if (due) yield tell("ends an epoch", due, { kind: "epoch-due" }, false);
  }
  if (!world.source) yield tell("learns of a death", world, { kind: "peer-dead", reason: "dead" });
  const aborted = spend(world, "aborts");
  if (aborted) yield tell("aborts", aborted, { kind: "abort", reason: "abort" }, false);
  const broken = spend(world, "breaks");
  if (broken) yield tell("breaks", broken, { kind: "broken", reason: "broken" }, false);
}

function tellSource(world: World, event: SourceEvent, rules: Rules): World {
  if (!world.source) return world;
  const { state, effects } = rules.source(world.source, event);
  if (state === world.source && effects.length === 0) return world;
  return effects.reduce((after, effect) => doAtSource(after, effect, event), {
    ...world,
    source: state,
  } as World);
}

function doAtSource(world: World, effect: SourceEffect, cause: SourceEvent): World {
  const { truth } = world;
  switch (effect.kind) {
    case "say":
      return post(world, "target", effect.channel, effect.word);
    case "close":
      return cutOff(world, [effect.channel]);
    case "redial":
      return world;
    case "resume": {
      const targetIsOver = !world.target || world.target.phase === "gone";
      if (truth.owner === "target" && !targetIsOver) throw new Breach("resumed what is not ours");
      if (effect.epoch !== truth.epoch) throw new Breach("resumed from another epoch");
      return { ...world, truth: { ...truth, owner: "source", sourceRuns: true } };
    }
    case "free":
      return { ...world, truth: { ...truth, sourceHasCopy: false } };
    case "apply-epoch": {
      const word = cause.kind === "heard" && cause.word.kind === "epoch" ? cause.word : null;
      if (!word || word.since > truth.epoch || word.epoch <= truth.epoch)
        throw new Breach("took an epoch over that has a gap before it");
      return { ...world, truth: { ...truth, epoch: word.epoch } };
    }
  }
}

function tellTarget(world: World, event: TargetEvent, rules: Rules): World {
  if (!world.target) return world;
  const { state, effects } = rules.target(world.target, event);
  if (state === world.target && effects.length === 0) return world;
  return effects.reduce(doAtTarget, { ...world, target: state } as World);
}

function doAtTarget(world: World, effect: TargetEffect): World {
  const { truth } = world;
  switch (effect.kind) {
    case "say":
      return post(world, "source", effect.channel, effect.word);
    case "close":
      return cutOff(world, [effect.channel]);
    case "prove":
      return { ...world, isProving: true };
    case "run":
      if (!truth.targetHasCopy) throw new Breach("ran what is not there");
      return {
        ...world,
        truth: { ...truth, owner: "target", wasCommitted: true, targetRuns: true },
      };
    case "drop":
      return {
        ...world,
        isProving: false,
        truth: { ...truth, targetRuns: false, targetHasCopy: false },
      };
    case "settle-epoch":
      if (effect.epoch > truth.epoch) throw new Breach("forgot what the source has not got");
      return world;
    case "report-lost":
      return world;
  }
}

function letter(to: Letter["to"], channel: number, word: object): string {
  return JSON.stringify({ to, channel, word });
}

const letters = new Map<string, Letter>();

function read(text: string): Letter {
  const known = letters.get(text) ?? (JSON.parse(text) as Letter);
  letters.set(text, known);
  return known;
}

function post(world: World, to: Letter["to"], channel: number, word: object): World {
  const text = letter(to, channel, word);
  if (world.said.includes(text)) return world;
  return { ...world, said: [...world.said, text].sort() };
}

function cutOff(world: World, channels: readonly number[]): World {
  return { ...world, cut: [...new Set([...world.cut, ...channels])].sort() };
}

function spend(world: World, fault: keyof Faults): World | null {
  if (world.faults[fault] === 0) return null;
  return { ...world, faults: { ...world.faults, [fault]: world.faults[fault] - 1 } };
}
