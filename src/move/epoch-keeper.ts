import { WireFormatError } from "../errors.js";
import type { Machine } from "../machine/machine.js";
import { PAGE_SIZE, type PageIndex } from "../units.js";
import { parseMessage } from "../wire/move-messages.js";
import { epochSchema } from "../wire/ownership-messages.js";
import { storeRecords } from "./page-records.js";
import { StateReceiver } from "./state-delta.js";

const ZERO_PAGE = new Uint8Array(PAGE_SIZE);

/**
 * Later states of a machine whose frozen copy is at the source. What comes is laid aside until an epoch is
 * complete, so the copy is always that of one moment.
 */
export class EpochKeeper {
  readonly #machine: Machine;
  #pages = new Map<PageIndex, Uint8Array>();
  #states = new StateReceiver();
  #stateBytes = 0;
  /** The state of the last complete epoch; null: that of the machine as it stands here. */
  #state: Uint8Array | null = null;

  constructor(machine: Machine) {
    this.#machine = machine;
  }

  /** Lays pages of the next epoch aside. @throws WireFormatError when they are damaged. */
  takePages(records: Uint8Array): void {
    const { pageCount } = this.#machine.memory;
    const aside = {
      pageCount,
      read(): never {
        throw new WireFormatError("an epoch's pages come whole", -1);
      },
      write: (page: PageIndex, bytes: Uint8Array) => {
        this.#pages.set(page, bytes === ZERO_PAGE ? bytes : bytes.slice());
      },
    };
    storeRecords(records, aside, (page, isZero) => {
      if (isZero) this.#pages.set(page, ZERO_PAGE);
      return !isZero;
    });
  }

  /** Lays a piece of the state of the next epoch aside. @throws WireFormatError when it is damaged. */
  takeState(body: Uint8Array): void {
    if (body.length < 4) throw new WireFormatError("a piece of a state without a head", 0);
    const view = new DataView(body.buffer, body.byteOffset);
    this.#states.receive(view.getUint32(0, true), body.subarray(4));
  }

  /** All of the next epoch has come. @throws WireFormatError */
  complete(body: Uint8Array): void {
    this.#stateBytes = parseMessage(epochSchema, body).stateBytes;
    // Proves that such a state has come before anything is taken over.
    this.#states.state(this.#stateBytes);
  }

  /** Takes the epoch that is complete over into the copy. */
  apply(): void {
    for (const [page, bytes] of this.#pages) this.#machine.memory.write(page, bytes);
    this.#state = this.#states.state(this.#stateBytes).slice();
    this.forget();
  }

  /** Forgets what was laid aside for an epoch that is not complete, or not wanted. */
  forget(): void {
    this.#pages = new Map();
  }

  /** What comes from now on comes over a new channel. */
  renew(): void {
    this.forget();
    this.#states = new StateReceiver();
  }

  /** Makes the machine here what it was at the last complete epoch. */
  async restore(): Promise<void> {
    if (this.#state) await this.#machine.loadState(this.#state);
  }
}
