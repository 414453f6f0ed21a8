import { InvalidOptionError, isGodwitError, PeerFailedError, WireFormatError } from "../errors.js";
import type { Machine, MachineKind, MachineLimits } from "../machine/machine.js";
import { pagesToBytes } from "../units.js";
import type { Frame, FrameStream } from "../wire/frame.js";
import { frameName, MOVE_FRAMES } from "../wire/frame-types.js";
import {
  encodeMessage,
  type Offer,
  offerSchema,
  parseMessage,
  reasonSchema,
} from "../wire/move-messages.js";
import type { Clock } from "../world/clock.js";
import { RealClock } from "../world/real-clock.js";
import { Arrival } from "./arrival.js";
import { FollowingPages, type PullReport } from "./following-pages.js";

/** What a target takes, and who hears of it. */
export interface ReceiveMachineOptions {
  /** Machines that may come. */
  readonly kinds: readonly MachineKind[];
  readonly limits: MachineLimits;
  /** Names this life of the process; a source that comes back can tell whether it is the same. Default `""`. */
  readonly incarnation?: string | undefined;
  /** Hears of a machine before it is built; what it throws is the reason why it is refused. */
  readonly onOffer?: ((offer: Offer) => void) | undefined;
  /** Hears of the machine when it is built and still empty. */
  readonly onMachine?: ((machine: Machine, offer: Offer) => void) | undefined;
  /** Where time comes from. Default: the wall clock. */
  readonly clock?: Clock | undefined;
}

/** A machine that has come, and runs here. */
export interface ReceivedMachine {
  readonly machine: Machine;
  /** What the source said of it. */
  readonly offer: Offer;
  /** Resolves when all of its pages are here, and the source may forget it. */
  readonly arrived: Promise<PullReport>;
}

/**
 * Receives one machine from whoever speaks at the other end of a channel. Resolves when it runs here. Until then it is the
 * source's: whatever goes wrong is an error here, its copy is destroyed and the channel closed.
 *
 * @throws PeerFailedError when the source gives up or is lost, or when what it offers is not wanted here.
 * @throws WireFormatError when it breaks the protocol.
 */
export async function receiveMachine(
  frames: FrameStream,
  options: ReceiveMachineOptions,
): Promise<ReceivedMachine> {
  let machine: Machine | undefined;
  try {
    const offer = parseMessage(offerSchema, (await nextOf(frames, MOVE_FRAMES.offer)).body);
    machine = await build(offer, options);
    options.onMachine?.(machine, offer);
    const followsPages = canFollow(machine, frames);
    checkStrategy(offer, followsPages);
    const { incarnation = "" } = options;
    frames.send(MOVE_FRAMES.accept, [encodeMessage({ incarnation, followsPages })]);
    const arrival = new Arrival(frames, machine, offer.digests);
    while (!arrival.isCommitted) await arrival.hear(await next(frames));
    const clock = options.clock ?? new RealClock();
    const pages = new FollowingPages(frames, machine, arrival.memory, clock);
    await start(frames, machine, offer, pages);
    return { machine, offer, arrived: pages.arrive() };
  } catch (error) {
    refuse(frames, error);
    machine?.destroy();
    throw error;
  }
}

/** From here on it is ours. */
async function start(
  frames: FrameStream,
  machine: Machine,
  offer: Offer,
  pages: FollowingPages,
): Promise<void> {
  pages.expect();
  const began = (): void => frames.send(MOVE_FRAMES.running);
  machine.announce?.();
  if (!offer.isRunning) {
    began();
    return;
  }
  // What is said of its pages is said after that it runs, and a machine may begin later than it was let.
  await new Promise<void>((resolve, reject) => {
    const run = (): void => {
      began();
      resolve();
    };
    machine.resume(run).catch(reject);
  });
}

/** An equal empty machine, within the limits. */
async function build(
  offer: Offer,
  { kinds, limits, onOffer }: ReceiveMachineOptions,
): Promise<Machine> {
  onOffer?.(offer);
  const bytes = pagesToBytes(offer.pageCount);
  if (bytes > limits.memoryBytes) {
    const expected = `at most ${limits.memoryBytes} bytes here`;
    throw new InvalidOptionError("memory", `${bytes} bytes`, expected);
  }
  const kind = kinds.find((one) => one.kind === offer.kind);
  if (kind === undefined) {
    const known = kinds.map((one) => one.kind).join(", ");
    throw new InvalidOptionError("kind", offer.kind, `one that is accepted here (${known})`);
  }
  const machine = await kind.build(offer.configuration, limits);
  const { pageCount } = machine.memory;
  if (pageCount === offer.pageCount) return machine;
  machine.destroy();
  const expected = `${pageCount}, as its configuration says`;
  throw new InvalidOptionError("pageCount", offer.pageCount, expected);
}

function canFollow({ demand }: Machine, frames: FrameStream): boolean {
  return demand === "suspending" || (demand === "blocking" && frames.canBlock);
}

function checkStrategy({ strategy }: Offer, followsPages: boolean): void {
  if (followsPages || (strategy !== "post-copy" && strategy !== "hybrid")) return;
  const expected =
    "pre-copy or cold: here the machine cannot run before all of its pages are there";
  throw new InvalidOptionError("strategy", strategy, expected);
}

/** The next frame; an end is an error. */
async function next(frames: FrameStream): Promise<Frame> {
  const frame = await frames.receive();
  if (frame === null) throw frames.loss;
  if (frame.type !== MOVE_FRAMES.abort) return frame;
  throw new PeerFailedError(frames.peer, parseMessage(reasonSchema, frame.body).reason);
}

async function nextOf(frames: FrameStream, type: number): Promise<Frame> {
  const frame = await next(frames);
  if (frame.type === type) return frame;
  throw new WireFormatError(`${frameName(frame.type)} where ${frameName(type)} was expected`, 0);
}

/** Tells the source why, where it can still hear it and the reason is one for its eyes. */
function refuse(frames: FrameStream, error: unknown): void {
  const reason = isGodwitError(error) ? error.message : "the target failed";
  frames.send(MOVE_FRAMES.refuse, [encodeMessage({ reason: reason.slice(0, 1024) })]);
  frames.close();
}
