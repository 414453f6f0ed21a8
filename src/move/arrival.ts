import { WireFormatError } from "../errors.js";
import type { Machine } from "../machine/machine.js";
import type { Frame, FrameStream } from "../wire/frame.js";
import { frameName, MOVE_FRAMES } from "../wire/frame-types.js";
import {
  encodeCount,
  encodeMessage,
  parseMessage,
  previewSchema,
  stateSchema,
} from "../wire/move-messages.js";
import { ArrivingMemory } from "./arriving-memory.js";
import { digestMemory, rootOf, sendDigests } from "./memory-digest.js";
import { StateReceiver } from "./state-delta.js";
import type { TargetOwner } from "./target-owner.js";
import { wordOfSource } from "./words.js";

/** Loads of a preview, after which an engine has compiled what loads one. */
const REHEARSALS = 8;

/** A machine on its way, at the target, until the source says go. */
export class Arrival {
  readonly memory: ArrivingMemory;
  readonly #frames: FrameStream;
  readonly #owner: TargetOwner;
  readonly #machine: Machine;
  readonly #states = new StateReceiver();
  #isReady = false;
  #digests: BigUint64Array | null = null;

  /** @param digests - Whether to digest every page that is stored. */
  constructor(owner: TargetOwner, machine: Machine, digests: boolean) {
    this.#frames = owner.frames;
    this.#owner = owner;
    this.#machine = machine;
    this.memory = new ArrivingMemory(machine.memory, digests);
  }

  /** Does what a frame asks for. @throws WireFormatError when it is damaged or out of place. */
  async hear(frame: Frame): Promise<void> {
    const { type, body } = frame;
    switch (type) {
      case MOVE_FRAMES.pages:
        this.#beforeReady(type);
        this.memory.store(frame);
        this.#acknowledge();
        return;
      case MOVE_FRAMES.sync:
        this.#frames.send(MOVE_FRAMES.sync);
        return;
      case MOVE_FRAMES.statePages:
        this.#beforeReady(type);
        this.#takeState(body);
        return;
      case MOVE_FRAMES.preview:
        this.#beforeReady(type);
        await this.#rehearse(parseMessage(previewSchema, body).length);
        return;
      case MOVE_FRAMES.absent:
        this.#beforeReady(type);
        this.memory.name(body);
        return;
      case MOVE_FRAMES.state:
        this.#beforeReady(type);
        await this.#prepare(body);
        return;
      case MOVE_FRAMES.digests:
        this.#sendDigests();
        return;
      case MOVE_FRAMES.heartbeat:
        return;
      default: {
        const word = wordOfSource(frame);
        if (!word) throw new WireFormatError(`a frame ${frameName(type)} while a machine comes`, 0);
        this.#owner.hear(word);
      }
    }
  }

  #beforeReady(type: number): void {
    if (this.#isReady) throw new WireFormatError(`${frameName(type)} after the state`, 0);
  }

  #acknowledge(): void {
    this.#frames.send(MOVE_FRAMES.acknowledge, [encodeCount(this.memory.takenBytes)]);
  }

  #takeState(body: Uint8Array): void {
    if (body.length < 4) throw new WireFormatError("a piece of a state without a head", 0);
    const view = new DataView(body.buffer, body.byteOffset);
    this.#states.receive(view.getUint32(0, true), body.subarray(4));
  }

  /** Code that has run before is fast when it counts. */
  async #rehearse(length: number): Promise<void> {
    const state = this.#states.state(length);
    for (let time = 0; time < REHEARSALS; time++) await this.#machine.loadState(state);
    this.#frames.send(MOVE_FRAMES.previewed);
  }

  async #prepare(body: Uint8Array): Promise<void> {
    const { length, absentPages, proves } = parseMessage(stateSchema, body);
    this.memory.follow();
    const { missing } = this.memory;
    if (missing !== absentPages) {
      throw new WireFormatError(`${missing} absent pages came, not ${absentPages}`, 0);
    }
    await this.#machine.loadState(this.#states.state(length));
    if (proves === "memory") this.#digests = digestMemory(this.#machine.memory);
    if (proves === "stored") this.#digests = this.memory.digests;
    const root = this.#digests && rootOf(this.#digests);
    this.#isReady = true;
    // The source may be gone by now, and the machine dropped.
    if (this.#owner.state.phase !== "receiving") return;
    this.#owner.tell({ kind: "proved", isWhole: missing === 0 });
    this.#frames.send(MOVE_FRAMES.ready, [encodeMessage({ root })]);
  }

  #sendDigests(): void {
    if (this.#digests === null) throw new WireFormatError("nobody digested the pages", 0);
    sendDigests(this.#frames, this.#digests);
    this.#digests = null;
  }
}
