import type { Nanoseconds } from "../../units.js";
import type { Clock } from "../../world/clock.js";
import {
  destinationOf,
  ETHERNET_HEADER_BYTES,
  isGroup,
  MOST_FRAME_BYTES,
  macText,
  sourceOf,
} from "./ethernet.js";

/** A place on a switch where a network card, or another switch, is plugged in. */
export interface SwitchPort {
  /**
   * A frame that comes in here. Anything that is no Ethernet frame is dropped, as a switch does. The bytes are not kept.
   *
   * @param isAstray - It was on a wrong way and is not where its sender is; see {@link LearningSwitch.sendOn}. Default false.
   */
  send(frame: Uint8Array, isAstray?: boolean): void;
  /** Unplugs it. */
  detach(): void;
}

/** What a switch is made with. */
export interface SwitchOptions {
  /** How long a port is remembered for a sender that is silent. Default 300 s, as IEEE 802.1D recommends. */
  readonly ageingNs?: Nanoseconds;
  /** Senders remembered at most; further ones are flooded to. Default 8192, as a small switch has. */
  readonly tableSize?: number;
}

interface Entry {
  readonly port: Port;
  readonly seenAt: Nanoseconds;
}

interface Port {
  readonly deliver: Deliver;
}

/**
 * Is given each frame that goes out at a port; must not change it, nor keep it.
 *
 * @param isAstray - Its way says nothing of where its sender is.
 */
export type Deliver = (frame: Uint8Array, isAstray: boolean) => void;

const AGEING: Nanoseconds = 300e9;
const TABLE_SIZE = 8192;

/**
 * An Ethernet switch that learns (IEEE 802.1D without the spanning tree): it remembers behind which port each
 * sender is, sends frames there, and floods what is for everybody or for somebody unknown. A guest that has
 * moved is therefore lost to it until it speaks at its new place, or is announced there.
 *
 * Switches may be joined ({@link joinSwitch}), but never in a circle.
 */
export class LearningSwitch {
  readonly #ports = new Set<Port>();
  readonly #table = new Map<string, Entry>();
  readonly #clock: Pick<Clock, "now">;
  readonly #ageing: Nanoseconds;
  readonly #tableSize: number;

  constructor(clock: Pick<Clock, "now">, options: SwitchOptions = {}) {
    this.#clock = clock;
    this.#ageing = options.ageingNs ?? AGEING;
    this.#tableSize = options.tableSize ?? TABLE_SIZE;
  }

  /** Plugs something in. */
  attach(deliver: Deliver): SwitchPort {
    const port: Port = { deliver };
    this.#ports.add(port);
    return {
      send: (frame, isAstray = false) => {
        if (!this.#ports.has(port)) return;
        if (!isAstray) this.#learn(frame, port);
        this.#forward(port, frame, isAstray);
      },
      detach: () => {
        this.#ports.delete(port);
        for (const [mac, entry] of this.#table) if (entry.port === port) this.#table.delete(mac);
      },
    };
  }

  /** Sends a frame on that once went to a wrong port: to its receiver, with nothing learned of its sender. */
  sendOn(frame: Uint8Array): void {
    this.#forward(null, frame, true);
  }

  #forward(from: Port | null, frame: Uint8Array, isAstray: boolean): void {
    const isFrame = frame.length >= ETHERNET_HEADER_BYTES && frame.length <= MOST_FRAME_BYTES;
    if (!isFrame) return;
    const known = this.#portOf(destinationOf(frame));
    if (known !== null) {
      if (known !== from) known.deliver(frame, isAstray);
      return;
    }
    for (const port of [...this.#ports]) if (port !== from) port.deliver(frame, isAstray);
  }

  #learn(frame: Uint8Array, port: Port): void {
    const sender = sourceOf(frame);
    // A group cannot send; whoever claims so is not remembered.
    if (frame.length < ETHERNET_HEADER_BYTES || isGroup(sender)) return;
    const key = macText(sender);
    if (!this.#table.has(key) && this.#table.size >= this.#tableSize) this.#forgetOld();
    if (!this.#table.has(key) && this.#table.size >= this.#tableSize) return;
    this.#table.set(key, { port, seenAt: this.#clock.now() });
  }

  #portOf(receiver: Uint8Array): Port | null {
    const entry = this.#table.get(macText(receiver));
    return entry !== undefined && this.#isFresh(entry) ? entry.port : null;
  }

  #isFresh({ seenAt }: Entry): boolean {
    return this.#clock.now() - seenAt < this.#ageing;
  }

  #forgetOld(): void {
    for (const [mac, entry] of this.#table) if (!this.#isFresh(entry)) this.#table.delete(mac);
  }
}
