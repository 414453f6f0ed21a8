import { InvalidOptionError } from "../errors.js";
import type { Machine } from "../machine/machine.js";
import type { TargetMachine } from "../machine/sides.js";
import { migrate } from "../migration/migrate.js";
import type { MigrateOptions } from "../migration/options.js";
import type { MigrationReport, StrategyName } from "../migration/report.js";
import { strategies } from "../migration/strategies.js";
import { nextTurn } from "../transport/turn.js";
import type { Bytes } from "../units.js";
import type { FrameStream } from "../wire/frame.js";
import { MOVE_FRAMES } from "../wire/frame-types.js";
import { acceptSchema, encodeMessage, type Offer, parseMessage } from "../wire/move-messages.js";
import type { Clock } from "../world/clock.js";
import { RealClock } from "../world/real-clock.js";
import { ChannelLink } from "./channel-link.js";
import { Conversation } from "./conversation.js";
import { MovingMachine } from "./moving-machine.js";
import { MovingMemory } from "./moving-memory.js";
import { RemoteTarget, type SettleDoubt } from "./remote-target.js";

/** How a real machine moves: what the engine can be told, and what only a real move has. */
export interface MoveOptions
  extends Omit<MigrateOptions, "host" | "packetLoss" | "serviceLevel" | "seed" | "verify"> {
  /** Default `pre-copy`. */
  readonly strategy?: StrategyName | undefined;
  /** What people call the machine. Default: its kind. */
  readonly name?: string | undefined;
  /** Names this move for both sides, so that either can ask the other about it later. Default: its name. */
  readonly moveId?: string | undefined;
  /**
   * What is compared before the machine runs at the target: the digest of every page as it was last sent with that of the page as it was stored
   * (`sent`, the default); of all memory on both sides as it is at the stop (`memory`: what even a missed write would
   * show, at the price of some downtime; with post-copy as `sent`); or nothing but what each frame's digest says (`none`).
   */
  readonly verify?: "sent" | "memory" | "none" | undefined;
  /** Most bytes of pages under way: sent, and not yet taken in by the target. Default 4 MiB. */
  readonly windowBytes?: Bytes | undefined;
  /** Where time comes from. Default: the wall clock. */
  readonly clock?: Clock | undefined;
  /** Settles who runs the machine when the target was told to and was not heard of again. Default: it stays paused, with an InDoubtError. */
  readonly settleDoubt?: SettleDoubt | undefined;
}

/** What a real move did: the simulator's report, with measured times. */
export interface MoveReport extends MigrationReport {
  readonly moveId: string;
  /** The target, for people. */
  readonly peer: string;
}

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
  const moveId = options.moveId ?? name;
  const strategy = options.strategy ?? "pre-copy";
  const verify = options.verify ?? "sent";
  const link = new ChannelLink({
    clock,
    windowBytes: options.windowBytes ?? WINDOW_BYTES,
    nextTurn: () => new Promise(nextTurn),
    sharesThread: () => machine.isRunning,
  });
  const conversation = new Conversation(frames, link, machine.memory.pageCount);
  const reserve = async (): Promise<TargetMachine> => {
    await offer(conversation, machine, { moveId, name, strategy, digests: verify !== "none" });
    return new RemoteTarget({ conversation, machine, memory, verify }, options.settleDoubt);
  };
  const memory = new MovingMemory(machine.memory, verify !== "none");
  const source = new MovingMachine(machine, clock, memory, reserve);
  try {
    checkStrategy(machine, strategy);
    checkVerify(verify);
    const engine = { ...options, verify: verify !== "none" };
    const report = await migrate(strategies[strategy], source, link, engine, null);
    if (report.runningOn === "target") frames.send(MOVE_FRAMES.released);
    else frames.send(MOVE_FRAMES.abort, [encodeMessage({ reason: report.reason.slice(0, 1024) })]);
    return { ...report, moveId, peer: frames.peer };
  } finally {
    frames.close();
  }
}

function checkStrategy({ kind, demand }: Machine, strategy: StrategyName): void {
  if (!Object.hasOwn(strategies, strategy)) {
    throw new InvalidOptionError("strategy", strategy, Object.keys(strategies).join(", "));
  }
  if (demand !== null || (strategy !== "post-copy" && strategy !== "hybrid")) return;
  const expected = `pre-copy or cold: a machine of kind ${kind} cannot run before all of its pages are there`;
  throw new InvalidOptionError("strategy", strategy, expected);
}

function checkVerify(verify: string): void {
  if (["sent", "memory", "none"].includes(verify)) return;
  throw new InvalidOptionError("verify", verify, "sent, memory or none");
}

/** The target builds an equal empty machine, or says why not. */
async function offer(
  conversation: Conversation,
  machine: Machine,
  what: Pick<Offer, "moveId" | "name" | "strategy" | "digests">,
): Promise<void> {
  const { frames, link } = conversation;
  const { kind, configuration, memory, isRunning } = machine;
  const { pageCount } = memory;
  const message = { ...what, kind, configuration, pageCount, isRunning };
  frames.send(MOVE_FRAMES.offer, [encodeMessage(message)]);
  parseMessage(acceptSchema, await conversation.expect(MOVE_FRAMES.accept));
  const askedAt = link.clock.now();
  frames.send(MOVE_FRAMES.sync);
  await conversation.expect(MOVE_FRAMES.sync);
  link.roundTripNs = link.clock.now() - askedAt;
}
