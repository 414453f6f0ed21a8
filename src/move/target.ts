import { InvalidOptionError, isGodwitError, PeerFailedError, WireFormatError } from "../errors.js";
import type { Machine, MachineKind, MachineLimits } from "../machine/machine.js";
import { type PageCount, type PageIndex, pagesToBytes } from "../units.js";
import type { Frame, FrameStream } from "../wire/frame.js";
import { frameName, MOVE_FRAMES } from "../wire/frame-types.js";
import {
  type Accept,
  encodeMessage,
  type Offer,
  offerSchema,
  parseMessage,
} from "../wire/move-messages.js";
import type { Clock } from "../world/clock.js";
import { RealClock } from "../world/real-clock.js";
import { Arrival } from "./arrival.js";
import type { ArrivingMemory } from "./arriving-memory.js";
import { EpochSender } from "./epoch-sender.js";
import { FollowingPages, type PullReport, type RejoinNow } from "./following-pages.js";
import type { ReceivedMoves } from "./received-moves.js";
import { sendEpochs } from "./send-epochs.js";
import { type TargetHands, TargetOwner } from "./target-owner.js";

/** What a target takes, and who hears of it. */
export interface ReceiveMachineOptions {
  /** Machines that may come. */
  readonly kinds: readonly MachineKind[];
  readonly limits: MachineLimits;
  /** Remembers the move, so that a source which lost its channel can ask. Default: nobody does, and a cut is for good. */
  readonly moves?: ReceivedMoves | undefined;
  /** Names this life of the process; a source that comes back can tell whether it is the same. Default: that of `moves`. */
  readonly incarnation?: string | undefined;
  /** Where a thread that is blocked in a fault finds the channel on which a source is back. Default: the fault fails. */
  readonly rejoinNow?: RejoinNow | undefined;
  /** Hears of a machine before it is built; what it throws is the reason why it is refused. */
  readonly onOffer?: ((offer: Offer) => void) | undefined;
  /** Hears of the machine when it is built and still empty. */
  readonly onMachine?: ((machine: Machine, offer: Offer) => void) | undefined;
  /** The source died while pages were missing here: the machine stands when it needs one of them. */
  readonly onLost?: ((lost: LostPages) => void) | undefined;
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
  /** Resolves when the source has forgotten it, or the machine has broken. */
  readonly settled: Promise<void>;
  /** Says that the source's process has ended for certain; see {@link ReceiveMachineOptions.onLost}. */
  sourceDied(reason: string): void;
}

/** Pages that will never come. */
export interface LostPages {
  readonly pages: PageCount;
  /** Which: from `start` up to, not including, `end`. */
  readonly runs: readonly { readonly start: PageIndex; readonly end: PageIndex }[];
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
  const arriving = new ArrivingMachine(frames, options);
  try {
    const offer = parseMessage(offerSchema, (await nextOf(frames, MOVE_FRAMES.offer)).body);
    return await arriving.take(offer);
  } catch (error) {
    arriving.fail(error);
    throw error;
  }
}

/** A machine on its way to here, and then here. */
class ArrivingMachine implements TargetHands {
  readonly #frames: FrameStream;
  readonly #options: ReceiveMachineOptions;
  readonly #owner: TargetOwner;
  readonly #clock: Clock;
  #machine: Machine | null = null;
  #memory: ArrivingMemory | null = null;
  #pages: FollowingPages | null = null;
  #epochs: EpochSender | null = null;

  constructor(frames: FrameStream, options: ReceiveMachineOptions) {
    this.#frames = frames;
    this.#options = options;
    this.#clock = options.clock ?? new RealClock();
    this.#owner = new TargetOwner(frames, this, this.#clock);
  }

  async take(offer: Offer): Promise<ReceivedMachine> {
    const owner = this.#owner;
    const { moves, onMachine, incarnation = moves?.incarnation ?? "" } = this.#options;
    moves?.add(offer.moveId, owner);
    const machine = await build(offer, this.#options);
    this.#machine = machine;
    onMachine?.(machine, offer);
    const followsPages = canFollow(machine, this.#frames);
    checkStrategy(offer, followsPages);
    const { compression } = offer;
    const accepted: Accept = { incarnation, followsPages, compression };
    this.#frames.send(MOVE_FRAMES.accept, [encodeMessage(accepted)]);
    const arrival = new Arrival(owner, machine, offer.digests);
    this.#memory = arrival.memory;
    while (isComing(owner)) {
      const frame = await next(this.#frames);
      owner.heartbeat.heard();
      await arrival.hear(frame);
    }
    if (owner.state.phase === "refused") {
      throw new PeerFailedError(this.#frames.peer, owner.state.reason);
    }
    return this.#start(machine, arrival.memory, offer);
  }

  /** It does not come, or cannot run: whoever asks for it is told. */
  fail(error: unknown): void {
    const reason = isGodwitError(error) ? error.message : "the target failed";
    this.#owner.tell({ kind: "broken", reason });
    this.#frames.close();
  }

  drop(): void {
    this.#machine?.destroy();
    this.#machine = null;
  }

  settleEpoch(epoch: number): void {
    this.#epochs?.settle(epoch);
  }

  describe(frames: FrameStream): void {
    this.#pages?.describe(frames);
  }

  renewed(): void {
    this.#epochs?.renew();
    this.#pages?.renewed();
  }

  reportLost(): void {
    const absent = this.#memory?.absent;
    if (absent) this.#options.onLost?.({ pages: absent.count(), runs: [...absent.runs()] });
  }

  /** From here on it is ours. */
  async #start(machine: Machine, memory: ArrivingMemory, offer: Offer): Promise<ReceivedMachine> {
    const owner = this.#owner;
    const pages = new FollowingPages(owner, machine, memory, this.#clock, this.#options.rejoinNow);
    this.#pages = pages;
    pages.expect();
    const sendsEpochs = memory.missing > 0 && offer.epochMs > 0 && offer.isRunning;
    if (sendsEpochs) {
      this.#epochs = new EpochSender(machine, memory.absent);
      machine.startLog();
    }
    machine.announce?.();
    if (offer.isRunning) await untilBegun(machine, () => owner.begun());
    else owner.begun();
    const arrived = pages.arrive();
    const settled = arrived.then(() => pages.attend());
    // Whoever waits for neither is not to be surprised.
    settled.catch(() => {});
    if (this.#epochs) {
      const { epochMs } = offer;
      const plan = { machine, owner, sender: this.#epochs, clock: this.#clock, epochMs };
      const sent = sendEpochs(plan).then(() => machine.stopLog());
      sent.catch((error: unknown) => this.fail(error));
    }
    const sourceDied = (reason: string) => owner.tell({ kind: "peer-dead", reason });
    return { machine, offer, arrived, settled, sourceDied };
  }
}

function isComing({ state }: TargetOwner): boolean {
  return state.phase === "receiving" || state.phase === "ready";
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
  return frame;
}

async function nextOf(frames: FrameStream, type: number): Promise<Frame> {
  const frame = await next(frames);
  if (frame.type === type) return frame;
  throw new WireFormatError(`${frameName(frame.type)} where ${frameName(type)} was expected`, 0);
}

/** Lets it run. It may begin some time after it was told to, and nothing is to be said of it before. */
function untilBegun(machine: Machine, begun: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const tell = (): void => {
      begun();
      resolve();
    };
    machine.resume(tell).catch(reject);
  });
}
