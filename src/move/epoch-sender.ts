import { DirtyBitmap } from "../kernel/dirty-bitmap.js";
import type { Machine } from "../machine/machine.js";
import type { Bytes, PageCount } from "../units.js";
import type { FrameStream } from "../wire/frame.js";
import { MOVE_FRAMES } from "../wire/frame-types.js";
import { MovingMemory } from "./moving-memory.js";
import type { Epoch } from "./ownership.js";
import { StateSender } from "./state-delta.js";

/** Bytes of a batch of an epoch's pages. */
const BATCH_BYTES: Bytes = 262_144;
/** So much may wait to leave while an epoch is collected. */
const BUFFERED_BYTES: Bytes = 8 * 2 ** 20;

/** The target's half of epochs: what the machine wrote, and what of that the source does not have for certain. */
export class EpochSender {
  readonly #machine: Machine;
  readonly #memory: MovingMemory;
  readonly #absent: DirtyBitmap;
  /** Written since the last epoch that is complete at the source, but for what is under way. */
  readonly #written: DirtyBitmap;
  /** Pages of the epoch that is under way, and those of them that have not left. */
  readonly #sent: DirtyBitmap;
  readonly #leaving: DirtyBitmap;
  #underWay: Epoch | null = null;
  #states = new StateSender();

  /** @param absent - Pages that are not here. */
  constructor(machine: Machine, absent: DirtyBitmap) {
    const { pageCount } = machine.memory;
    this.#machine = machine;
    this.#memory = new MovingMemory(machine.memory, false);
    this.#absent = absent;
    this.#written = new DirtyBitmap(pageCount);
    this.#sent = new DirtyBitmap(pageCount);
    this.#leaving = new DirtyBitmap(pageCount);
  }

  /** Whether an epoch was sent of which nothing is known yet. */
  get isUnderWay(): boolean {
    return this.#underWay !== null;
  }

  /** Sends a machine that stands, and answers the length of its state; the word that makes an epoch of it must follow. */
  async send(frames: FrameStream, epoch: Epoch): Promise<Bytes> {
    this.#machine.harvest(this.#written);
    // What is absent cannot have been written here, whatever a log that is not exact may say.
    for (const { start, end } of this.#absent.runs()) this.#written.clearRange(start, end);
    this.#sent.copyFrom(this.#written);
    this.#leaving.copyFrom(this.#written);
    this.#written.clearAll();
    this.#underWay = epoch;
    const states = this.#states;
    await this.#sendPages(frames);
    const state = await this.#machine.saveState();
    for (const parts of states.batches(state)) {
      const head = new Uint8Array(4);
      new DataView(head.buffer).setUint32(0, states.pages, true);
      frames.send(MOVE_FRAMES.statePages, [head, ...parts]);
    }
    return state.length;
  }

  /** The source holds everything up to an epoch. */
  settle(epoch: Epoch): void {
    if (this.#underWay !== null && epoch >= this.#underWay) this.#underWay = null;
  }

  /** The channel is a new one: what was under way and is not settled must be sent again. */
  renew(): void {
    if (this.#underWay !== null) {
      for (const { start, end } of this.#sent.runs()) this.#written.markRange(start, end);
    }
    this.#underWay = null;
    this.#states = new StateSender();
  }

  async #sendPages(frames: FrameStream): Promise<void> {
    const { pageCount } = this.#memory;
    for (let from: PageCount = 0; from < pageCount; ) {
      const take = { pending: this.#leaving, from, to: pageCount, limit: BATCH_BYTES };
      const { records, next } = this.#memory.take(take);
      from = next;
      if (!records || records.parts.length === 0) continue;
      frames.send(MOVE_FRAMES.pages, records.parts);
      await frames.drained(BUFFERED_BYTES);
    }
  }
}
