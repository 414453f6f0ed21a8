import type { DirtyBitmap } from "../kernel/dirty-bitmap.js";
import type { Machine } from "../machine/machine.js";
import type { DistantGuest, TargetMachine } from "../machine/sides.js";
import type { PageRecords, TargetMemory } from "../memory/guest-memory.js";
import type { Bytes, BytesPerSecond, PageCount } from "../units.js";
import type { FrameStream } from "../wire/frame.js";
import { MOVE_FRAMES } from "../wire/frame-types.js";
import { encodeMessage, parseMessage, readySchema } from "../wire/move-messages.js";
import { encodeAbsent } from "./absent-list.js";
import type { Conversation } from "./conversation.js";
import { countDiffering } from "./differing-pages.js";
import { digestMemory, rootOf } from "./memory-digest.js";
import type { MovingMemory } from "./moving-memory.js";
import { PACKED, packRecords } from "./packed-records.js";
import { RemoteGuest } from "./remote-guest.js";
import type { SourceOwner } from "./source-owner.js";
import { StateSender } from "./state-delta.js";

/** States saved and sent for practice: an engine compiles what it has run some times, and the last one counts. */
const REHEARSALS = 8;

/** What moves, and how it is proved. */
export interface MovingParts {
  readonly conversation: Conversation;
  readonly machine: Machine;
  readonly memory: MovingMemory;
  readonly owner: SourceOwner;
  readonly verify: "sent" | "memory" | "none";
  readonly compression: Compression;
}

/** Whether batches of pages are compressed: never, wherever that is shorter, or while the link is slow besides. */
export type Compression = "none" | "lz4" | "auto";

/** Up to Gigabit Ethernet the link is what a move waits for, beyond it soon the compressor (some 300 MB/s). */
const SLOW_LINK: BytesPerSecond = 1.2e8;

/** What the target is to the source: every step is a message, and an answer where one is needed. */
export class RemoteTarget implements TargetMachine {
  readonly memory: TargetMemory;
  readonly guest: DistantGuest;
  readonly #conversation: Conversation;
  readonly #machine: Machine;
  readonly #what: MovingParts;
  readonly #states = new StateSender();
  readonly #owner: SourceOwner;

  constructor(what: MovingParts) {
    const { conversation, machine, owner, memory } = what;
    this.#conversation = conversation;
    this.#machine = machine;
    this.#owner = owner;
    this.#what = what;
    this.memory = new RemoteMemory(conversation, what.compression);
    this.guest = new RemoteGuest(conversation, owner, memory);
  }

  /** It has agreed when it was reserved. */
  agree(): Promise<void> {
    return Promise.resolve();
  }

  async rehearse(): Promise<void> {
    let length = 0;
    for (let time = 0; time < REHEARSALS; time++) {
      const state = await this.#machine.saveState();
      this.#sendStatePages(state);
      length = state.length;
      await this.#conversation.link.breathe();
    }
    this.#frames.send(MOVE_FRAMES.preview, [encodeMessage({ length })]);
    await this.#conversation.expect(MOVE_FRAMES.previewed);
  }

  async sendState(absent: DirtyBitmap | null): Promise<Bytes> {
    let bytes = 0;
    if (absent) {
      for (const body of encodeAbsent(absent)) {
        this.#frames.send(MOVE_FRAMES.absent, [body]);
        bytes += body.length;
      }
    }
    this.#absentPages = absent?.count() ?? 0;
    this.#state = await this.#machine.saveState();
    return bytes + this.#sendStatePages(this.#state);
  }

  #state: Uint8Array = new Uint8Array(0);
  #absentPages: PageCount = 0;

  async ready(proves: boolean): Promise<PageCount | null> {
    const { memory, verify } = this.#what;
    const proof = !proves ? "nothing" : verify === "memory" ? "memory" : "stored";
    const head = { length: this.#state.length, absentPages: this.#absentPages, proves: proof };
    this.#frames.send(MOVE_FRAMES.state, [encodeMessage(head)]);
    this.#owner.stopped();
    const answered = this.#conversation.expect(MOVE_FRAMES.ready);
    // Both sides digest at the same time.
    const digests = proof === "memory" ? digestMemory(this.#machine.memory) : memory.sentDigests;
    const ours = proof === "nothing" || digests === null ? null : rootOf(digests);
    const { root } = parseMessage(readySchema, await answered);
    if (ours === null || digests === null) return null;
    return root === ours ? 0 : countDiffering(this.#conversation, digests);
  }

  run(): Promise<void> {
    return this.#owner.commit();
  }

  get #frames(): FrameStream {
    return this.#conversation.frames;
  }

  #sendStatePages(state: Uint8Array): Bytes {
    let bytes = 0;
    for (const parts of this.#states.batches(state)) {
      const head = new Uint8Array(4);
      new DataView(head.buffer).setUint32(0, this.#states.pages, true);
      this.#frames.send(MOVE_FRAMES.statePages, [head, ...parts]);
      for (const part of parts) bytes += part.length;
    }
    return bytes;
  }
}

/** What the source sends is in the target's memory when it is acknowledged. */
class RemoteMemory implements TargetMemory {
  readonly #conversation: Conversation;
  readonly #compression: Compression;

  constructor(conversation: Conversation, compression: Compression) {
    this.#conversation = conversation;
    this.#compression = compression;
  }

  receive({ parts }: PageRecords): void {
    if (parts.length === 0) return;
    const { frames, link } = this.#conversation;
    const bytes = parts.reduce((sum, { length }) => sum + length, 0);
    const packed = this.#packs ? packRecords(parts) : null;
    if (packed) frames.send(MOVE_FRAMES.pages, [packed], PACKED);
    else frames.send(MOVE_FRAMES.pages, parts);
    link.left(packed?.length ?? bytes, bytes);
  }

  get #packs(): boolean {
    if (this.#compression !== "auto") return this.#compression === "lz4";
    return this.#conversation.link.wireRate() < SLOW_LINK;
  }

  /** The target does the comparing itself. */
  countDifferingReceived(): PageCount {
    return 0;
  }

  countDiffering(): PageCount {
    return 0;
  }
}
