import { assert, InDoubtError, PeerFailedError } from "../errors.js";
import { type Nanoseconds, SECOND } from "../units.js";
import type { FrameStream } from "../wire/frame.js";
import type { Clock } from "../world/clock.js";
import type { Conversation, WordListener } from "./conversation.js";
import type { Epoch, WordOfTarget } from "./ownership.js";
import {
  newSource,
  type SourceEffect,
  type SourceEvent,
  type SourceOwnership,
  stepSource,
} from "./source-ownership.js";
import { sayToTarget } from "./words.js";

/**
 * A new channel to the target; `"dead"` when its process has ended for certain; `"away"` when it could not be
 * reached, which proves nothing.
 */
export type Redialled = FrameStream | "dead" | "away";

/** What a source needs to find out who has the machine. */
export interface SourceOwnerOptions {
  readonly moveId: string;
  readonly clock: Clock;
  /** Dials the target again. Undefined: a cut channel cannot be replaced. */
  readonly redial: (() => Promise<Redialled>) | undefined;
  /** Somebody answers for it that the target's process has ended. */
  readonly targetIsDead: AbortSignal | undefined;
}

/** Between two attempts to reach the target. */
const REDIAL_NS: Nanoseconds = SECOND / 4;

/** The source's part in who has the machine: what happens goes through the rules, and what they say is done. */
export class SourceOwner implements WordListener {
  /** How often the target was reached again. */
  rejoins = 0;
  /** Not after the state was saved that the machine would go on from here, on the clock; null before the commit. */
  epochAt: Nanoseconds | null = null;
  /** When the last epoch was taken over. The target begins the next only when it has heard of that. */
  #appliedAt: Nanoseconds = 0;
  readonly #conversation: Conversation;
  readonly #options: SourceOwnerOptions;
  #state: SourceOwnership = newSource();
  #waiting: { readonly resolve: () => void; readonly reject: (error: Error) => void } | null = null;
  /** Whether the engine knows that the channel is cut, and waits for another. */
  #mayRedial = true;
  #isRedialling = false;

  constructor(conversation: Conversation, options: SourceOwnerOptions) {
    this.#conversation = conversation;
    this.#options = options;
    options.targetIsDead?.addEventListener("abort", () => this.#declareDead());
  }

  get state(): SourceOwnership {
    return this.#state;
  }

  /** Epoch that the machine goes on from here, since the target died; null while it did not. */
  get recoveredEpoch(): Epoch | null {
    return this.#state.phase === "kept" ? this.#state.epoch : null;
  }

  /** The target has taken the offer. */
  accepted(incarnation: string): void {
    this.#hear({ kind: "accept", incarnation });
  }

  /** The machine stands, its state was sent. */
  stopped(): void {
    this.epochAt = this.#options.clock.now();
    this.#appliedAt = this.epochAt;
    this.#tell({ kind: "stopped" });
  }

  /**
   * The target is ready and found right: says commit. Resolves when it runs there.
   *
   * @throws PeerFailedError when it certainly does not, and never will.
   * @throws InDoubtError when nobody knows, and the target cannot be asked.
   */
  async commit(): Promise<void> {
    const settled = this.#settled();
    this.#hear({ kind: "ready" });
    this.#conversation.listen(this);
    if (this.#options.targetIsDead?.aborted) this.#declareDead();
    await settled;
  }

  /**
   * The channel was cut while pages were missing at the target. Resolves when it is reached again.
   *
   * @throws PeerFailedError when it has died, and the machine is to go on here.
   * @throws The failure itself, where there is no way to reach it.
   */
  async rejoined(failure: Error): Promise<void> {
    const { peer } = this.#conversation.frames;
    if (this.#state.phase === "kept") throw new PeerFailedError(peer, this.#state.reason);
    if (!this.#options.redial) throw failure;
    const settled = this.#settled();
    this.#mayRedial = true;
    if (this.#state.phase === "serving" && this.#state.isConnected) this.#cutNow();
    this.#startRedialling();
    await settled;
  }

  /** Whether nothing is asked of the source any more. */
  get isReleased(): boolean {
    return this.#state.phase === "released";
  }

  /** The move has failed before the commit. */
  giveUp(reason: string): void {
    this.#tell({ kind: "abort", reason });
  }

  heard(word: WordOfTarget): void {
    this.#hear(word);
    if (word.kind !== "running") return;
    const { phase } = this.#state;
    if (phase === "serving") this.#mayRedial = false;
    if (phase === "serving" || phase === "released") this.#settle();
  }

  cut(reason: string): void {
    if ("channel" in this.#state) this.#tell({ kind: "cut", channel: this.#state.channel, reason });
  }

  #cutNow(): void {
    this.cut("the channel was cut");
  }

  #declareDead(): void {
    const reason: unknown = this.#options.targetIsDead?.reason;
    const why = reason instanceof Error || typeof reason === "string" ? `: ${reason}` : "";
    this.#tell({ kind: "peer-dead", reason: `the target was declared dead${why}` });
  }

  #hear(word: WordOfTarget): void {
    if ("channel" in this.#state) this.#tell({ kind: "heard", channel: this.#state.channel, word });
  }

  #tell(event: SourceEvent): void {
    const { state, effects } = stepSource(this.#state, event);
    this.#state = state;
    for (const effect of effects) this.#do(effect);
    // What was laid aside for an epoch that the rules did not take is not wanted.
    if (event.kind === "heard" && event.word.kind === "epoch") this.#conversation.epochs.forget();
    if (state.phase === "kept")
      this.#fail(new PeerFailedError(this.#conversation.frames.peer, state.reason));
  }

  #do(effect: SourceEffect): void {
    const { epochs, frames } = this.#conversation;
    switch (effect.kind) {
      case "say": {
        const { channel, word } = effect;
        sayToTarget(frames, word, { moveId: this.#options.moveId, channel });
        return;
      }
      case "close":
        frames.close();
        return;
      case "redial":
        this.#startRedialling();
        return;
      case "apply-epoch":
        epochs.apply();
        this.epochAt = this.#appliedAt;
        this.#appliedAt = this.#options.clock.now();
        return;
      case "resume":
      case "free":
        // The engine lets the machine run again, and its owner forgets it.
        return;
    }
  }

  #startRedialling(): void {
    const state = this.#state;
    const isCut = (state.phase === "in-doubt" || state.phase === "serving") && !state.isConnected;
    if (!isCut || !this.#mayRedial || this.#isRedialling) return;
    if (!this.#options.redial) {
      this.#fail(new InDoubtError(this.#conversation.frames.peer));
      return;
    }
    this.#isRedialling = true;
    void this.#redial(this.#options.redial)
      .catch((error: unknown) => this.#fail(error as Error))
      .finally(() => {
        this.#isRedialling = false;
        // It may have been cut again meanwhile.
        this.#startRedialling();
      });
  }

  /** Asks until there is an answer. */
  async #redial(dial: () => Promise<Redialled>): Promise<void> {
    const { clock } = this.#options;
    for (;;) {
      const answer = await dial();
      const state = this.#state;
      const isAsking = state.phase === "in-doubt" || state.phase === "serving";
      if (answer === "dead")
        this.#tell({ kind: "peer-dead", reason: "the target's process has ended" });
      if (typeof answer === "object") {
        if (!isAsking) {
          answer.close();
          return;
        }
        this.rejoins += 1;
        this.#conversation.renew(answer);
        this.#tell({ kind: "redialled", channel: state.channel + 1 });
      }
      if (answer !== "away" || !isAsking) return;
      await clock.sleepUntil(clock.now() + REDIAL_NS);
    }
  }

  #settled(): Promise<void> {
    assert(this.#waiting === null, "only one may wait to know who has the machine");
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
    });
  }

  #settle(): void {
    this.#waiting?.resolve();
    this.#waiting = null;
  }

  #fail(error: Error): void {
    this.#waiting?.reject(error);
    this.#waiting = null;
  }
}
