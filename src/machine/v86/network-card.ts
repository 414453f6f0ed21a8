import { addressSentFrom, announcement } from "../network/announcement.js";
import type { Ipv4, Mac } from "../network/ethernet.js";
import type { V86Emulator } from "./emulator.js";

/** Frames that wait for a guest that stands, at most; a card's own memory holds fewer. */
const MOST_HELD = 256;

/** The guest's network card: frames go out to listeners and come in from the host. */
export class NetworkCard {
  readonly #emulator: V86Emulator;
  /** The guest's IPv4 address as its frames say; null: it has sent none that does. */
  address: Ipv4 | null = null;
  #held: Uint8Array[] = [];

  constructor(emulator: V86Emulator) {
    this.#emulator = emulator;
    this.listen((frame) => {
      this.address = addressSentFrom(frame) ?? this.address;
    });
  }

  /** The card's address; null: there is no card. */
  get mac(): Mac | null {
    const { net, virtio_net: virtio } = this.#emulator.v86.cpu.devices;
    return (net ?? virtio)?.mac ?? null;
  }

  /** Hears of frames that the guest sends; answers how to stop. */
  listen(listener: (frame: Uint8Array) => void): () => void {
    const heard = (frame: Uint8Array): void => listener(new Uint8Array(frame));
    this.#emulator.add_listener("net0-send", heard as (value: never) => void);
    return () => this.#emulator.remove_listener("net0-send", heard as (value: never) => void);
  }

  deliver(frame: Uint8Array): void {
    this.#emulator.bus.send("net0-receive", new Uint8Array(frame));
  }

  /** Keeps a frame: the card would write it into the memory of a guest that stands. */
  hold(frame: Uint8Array): void {
    if (this.#held.length < MOST_HELD) this.#held.push(frame.slice());
  }

  /** What was kept, for whoever delivers it now. */
  takeHeld(): Uint8Array[] {
    return this.#held.splice(0);
  }

  /** Makes switches and neighbours learn where the guest is now. */
  announce(): void {
    if (this.mac === null) return;
    for (const frame of announcement(this.mac, this.address)) {
      this.#emulator.emulator_bus.send("net0-send", frame);
    }
  }
}
