import { AbortedError, InvalidOptionError, isGodwitError } from "../errors.js";
import type { Machine } from "../machine/machine.js";
import type { TargetMachine } from "../machine/sides.js";
import { migrate } from "../migration/migrate.js";
import type { MigrateOptions } from "../migration/options.js";
import type { MigrationReport, StrategyName } from "../migration/report.js";
import { strategies } from "../migration/strategies.js";
import { randomName } from "../transport/random-name.js";
import { nextTurn } from "../transport/turn.js";
import { type Bytes, MILLISECOND, type Milliseconds, type Nanoseconds } from "../units.js";
import type { FrameStream } from "../wire/frame.js";
import { MOVE_FRAMES } from "../wire/frame-types.js";
import {
  type Accept,
  acceptSchema,
  encodeMessage,
  MAX_EPOCH_MS,
  type Offer,
  parseMessage,
} from "../wire/move-messages.js";
import type { Clock } from "../world/clock.js";
import { RealClock } from "../world/real-clock.js";
import { ChannelLink } from "./channel-link.js";
import { Conversation } from "./conversation.js";
import { MovingMachine } from "./moving-machine.js";
import { MovingMemory } from "./moving-memory.js";
import { type Compression, RemoteTarget } from "./remote-target.js";
import { type Redialled, SourceOwner } from "./source-owner.js";

/** How a real machine moves: what the engine can be told, and what only a real move has. */
export interface MoveOptions
  extends Omit<MigrateOptions, "host" | "packetLoss" | "serviceLevel" | "seed" | "verify"> {
  /** Default `pre-copy`. */
  readonly strategy?: StrategyName | undefined;
  /** What people call the machine. Default: its kind. */
  readonly name?: string | undefined;
  /** Names this move for both sides, so that the source can ask about it later. Default: a random name; no two moves may have the same. */
  readonly moveId?: string | undefined;
  /**
   * What is compared before the machine runs at the target: the digest of every page as it was last sent with that of the page as it was stored
   * (`sent`, the default); of all memory on both sides as it is at the stop (`memory`: what even a missed write would
   * show, at the price of some downtime; with post-copy as `sent`); or nothing but what each frame's digest says (`none`).
   */
  readonly verify?: "sent" | "memory" | "none" | undefined;
  /**
   * Whether batches of pages cross the link as LZ4: never (`none`, the default), wherever that is shorter (`lz4`), or
   * only while the link takes less than 120 MB/s as well (`auto`). It takes CPU of the threads of both machines. A target that does not know it gets plain pages.
   */
  readonly compression?: Compression | undefined;
  /** Most bytes of pages under way: sent, and not yet taken in by the target. Default 4 MiB. */
  readonly windowBytes?: Bytes | undefined;
  /** Where time comes from. Default: the wall clock. */
  readonly clock?: Clock | undefined;
  /**
   * Dials the target again, when the channel was cut after the commit. Default: a source in doubt stays so, with
   * an InDoubtError, and a target that lacks pages keeps lacking them.
   */
  readonly redial?: (() => Promise<Redialled>) | undefined;
  /** Aborted by somebody who answers for it that the target's process has ended: the machine goes on here. */
  readonly targetIsDead?: AbortSignal | undefined;
  /**
   * While pages are missing at the target, it sends a later state so often, from which the machine goes on here if
   * the target dies. Default 1000; 0: never, it would go on from the switchover.
   */
  readonly epochMs?: Milliseconds | undefined;
}

/** What migration takes of the CPU shows in the times themselves; nothing is assumed on top. */
const NO_COSTS = {
  sourceCpuSecondsPerGiB: 0,
  targetCpuSecondsPerGiB: 0,
  contention: 0,
  guestCores: 1,
};

/**
 * What a real move did: the simulator's report, with measured times. What nobody measured is 0: CPU seconds of
 * migrating and packets lost; the guest's slowdown is what throttling and stalls took, not what it lost by sharing a thread.
 */
export interface MoveReport extends MigrationReport {
  readonly moveId: string;
  /** The target, for people. */
  readonly peer: string;
  /** How often the target was reached again after a cut. */
  readonly rejoins: number;
  /** Bytes that compression kept off the wire: `bytesSent` and the rounds count pages as they were before it. */
  readonly savedBytes: Bytes;
  /** What is lost, when the target died after the commit and the machine goes on here; null when that is not so. */
  readonly recovery: Recovery | null;
}

/** What is lost when a machine goes on from an earlier state. */
export interface Recovery {
  /** The epoch that it goes on from; 0 is the switchover. */
  readonly epoch: number;
  /**
   * At most so much of what the guest did is lost. The dead cannot be asked, so this is counted here: from when the
   * epoch before was complete, after which the target saved this one, until the death was known.
   */
  readonly lostMs: Milliseconds;
  /** Whether others may have seen output of that time. */
  readonly outputMayHaveBeenSeen: boolean;
}

const ROUND_TRIPS = 4;
const ABORTED = "the migration was aborted by its caller";
const WINDOW_BYTES: Bytes = 4 * 2 ** 20;

/**
 * Moves a machine over a channel to whoever receives there; closes the channel in the end. A failure before the
 * target was told to run the machine ends in a report, with the machine running here.
 *
 * @throws PeerFailedError when the target does not take the machine: nothing was touched.
 * @throws InvalidOptionError for a bad option, or a machine that cannot run before its pages are there and should.
 * @throws InDoubtError when nobody knows whether the target runs the machine.
 */
export async function moveMachine(
  machine: Machine,
  frames: FrameStream,
  options: MoveOptions = {},
): Promise<MoveReport> {
  const clock = options.clock ?? new RealClock();
  const name = options.name ?? machine.kind;
  const moveId = options.moveId ?? randomName();
  const strategy = options.strategy ?? "pre-copy";
  const verify = options.verify ?? "sent";
  const epochMs = options.epochMs ?? 1000;
  const compression = options.compression ?? "none";
  checkEpochs(epochMs);
  const link = new ChannelLink({
    clock,
    windowBytes: options.windowBytes ?? WINDOW_BYTES,
    nextTurn: () => new Promise(nextTurn),
    sharesThread: () => machine.isRunning,
  });
  const conversation = new Conversation(frames, link, machine);
  const { redial, targetIsDead } = options;
  const owner = new SourceOwner(conversation, { moveId, clock, redial, targetIsDead });
  const reserve = async (): Promise<TargetMachine> => {
    const digests = verify !== "none";
    const packed = compression === "none" ? undefined : "lz4";
    const what = { moveId, name, strategy, epochMs, digests, compression: packed } as const;
    const accepted = await offer(conversation, machine, what).catch(unlessAborted);
    if (accepted) owner.accepted(accepted.incarnation);
    const agreed = accepted?.compression === "lz4" ? compression : "none";
    return new RemoteTarget({
      ...{ conversation, machine, memory, owner, verify },
      compression: agreed,
    });
  };
  const interrupt = (): void => conversation.interrupt(new AbortedError(ABORTED));
  options.signal?.addEventListener("abort", interrupt);
  const wasRunning = machine.isRunning;
  const memory = new MovingMemory(machine.memory, verify !== "none");
  const source = new MovingMachine(machine, clock, memory, reserve);
  try {
    checkStrategy(machine, strategy);
    checkChoice("verify", verify, ["sent", "memory", "none"]);
    checkChoice("compression", compression, ["none", "lz4", "auto"]);
    const engine = { ...options, verify: verify !== "none", host: NO_COSTS };
    const report = await migrate(strategies[strategy], source, link, engine, null);
    if (report.runningOn === "source") owner.giveUp(report.reason);
    const recovery = await recover(machine, conversation, owner, wasRunning);
    const runningOn = recovery ? "source" : report.runningOn;
    const { peer } = conversation.frames;
    const { rejoins } = owner;
    const { savedBytes } = link;
    return { ...report, runningOn, moveId, peer, rejoins, savedBytes, recovery };
  } finally {
    options.signal?.removeEventListener("abort", interrupt);
    conversation.frames.close();
  }
}

/** A caller who aborts before the target has answered gets a report too: the engine ends at its first look at the signal. */
function unlessAborted(error: unknown): null {
  if (isGodwitError(error, "AbortedError")) return null;
  throw error;
}

/** The target died after the commit: the machine goes on here from the last state that is complete. */
async function recover(
  machine: Machine,
  { epochs, link }: Conversation,
  { recoveredEpoch: epoch, epochAt }: SourceOwner,
  wasRunning: boolean,
): Promise<Recovery | null> {
  if (epoch === null || epochAt === null) return null;
  const lostMs = (link.clock.now() - epochAt) / MILLISECOND;
  if (!machine.isRunning) {
    await epochs.restore();
    if (wasRunning) await machine.resume();
  }
  return { epoch, lostMs, outputMayHaveBeenSeen: wasRunning };
}

function checkEpochs(epochMs: Milliseconds): void {
  if (epochMs >= 0 && epochMs <= MAX_EPOCH_MS) return;
  throw new InvalidOptionError("epochMs", epochMs, `0 to ${MAX_EPOCH_MS}`);
}

function checkStrategy({ kind, demand }: Machine, strategy: StrategyName): void {
  if (!Object.hasOwn(strategies, strategy)) {
    throw new InvalidOptionError("strategy", strategy, Object.keys(strategies).join(", "));
  }
  if (demand !== null || (strategy !== "post-copy" && strategy !== "hybrid")) return;
  const expected = `pre-copy or cold: a machine of kind ${kind} cannot run before all of its pages are there`;
  throw new InvalidOptionError("strategy", strategy, expected);
}

function checkChoice(option: string, value: string, choices: readonly string[]): void {
  if (!choices.includes(value)) throw new InvalidOptionError(option, value, choices.join(", "));
}

/** The shortest of some round trips: in the others somebody was busy with something else. */
async function roundTrip(conversation: Conversation): Promise<Nanoseconds> {
  const { frames, link } = conversation;
  let shortest = Number.POSITIVE_INFINITY;
  for (let trip = 0; trip < ROUND_TRIPS; trip++) {
    const askedAt = link.clock.now();
    frames.send(MOVE_FRAMES.sync);
    await conversation.expect(MOVE_FRAMES.sync);
    shortest = Math.min(shortest, link.clock.now() - askedAt);
  }
  return shortest;
}

/** The target builds an equal empty machine, or says why not. */
async function offer(
  conversation: Conversation,
  machine: Machine,
  what: Pick<Offer, "moveId" | "name" | "strategy" | "epochMs" | "digests" | "compression">,
): Promise<Accept> {
  const { frames, link } = conversation;
  const { kind, configuration, memory, isRunning } = machine;
  const { pageCount } = memory;
  const message = { ...what, kind, configuration, pageCount, isRunning };
  frames.send(MOVE_FRAMES.offer, [encodeMessage(message)]);
  const accepted = await conversation.expect(MOVE_FRAMES.accept);
  link.roundTripNs = await roundTrip(conversation);
  return parseMessage(acceptSchema, accepted);
}
