import type { V86Emulator } from "./emulator.js";

/** Ethernet: a frame is at least so long, less its check sum. */
const LEAST_FRAME = 60;
const TYPE = { ipv4: 0x0800, arp: 0x0806, reverseArp: 0x8035 } as const;
const ARP_REQUEST = 1;
const REVERSE_ARP_REQUEST = 3;

/** The guest's network card: frames go out to a listener and come in from the host. */
export class NetworkCard {
  readonly #emulator: V86Emulator;
  /** The guest's IPv4 address as its frames say; 0: it has not sent any. */
  ipv4 = 0;

  constructor(emulator: V86Emulator) {
    this.#emulator = emulator;
    this.listen((frame) => {
      this.ipv4 = senderOf(frame) || this.ipv4;
    });
  }

  /** The card's address; null: there is no card. */
  get mac(): Uint8Array | null {
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

  /**
   * Tells switches where the guest is now, as QEMU does (a reverse ARP request that nobody answers), and
   * neighbours too when its address is known (a gratuitous ARP request).
   */
  announce(): void {
    const { mac } = this;
    if (mac === null) return;
    const none = [0, 0, 0, 0];
    this.#send(arpFrame(mac, TYPE.reverseArp, REVERSE_ARP_REQUEST, none, [...mac]));
    if (this.ipv4 === 0) return;
    const own = [24, 16, 8, 0].map((shift) => (this.ipv4 >>> shift) & 255);
    this.#send(arpFrame(mac, TYPE.arp, ARP_REQUEST, own, Array(6).fill(0)));
  }

  #send(frame: Uint8Array): void {
    this.#emulator.emulator_bus.send("net0-send", frame);
  }
}

/** A request to all, in which sender and target have one protocol address. */
function arpFrame(
  mac: Uint8Array,
  type: number,
  operation: number,
  address: number[],
  target: number[],
): Uint8Array {
  const frame = new Uint8Array(LEAST_FRAME);
  frame.fill(255, 0, 6);
  frame.set(mac, 6);
  // Ethernet addresses of 6 bytes for IPv4 addresses of 4.
  frame.set([type >>> 8, type & 255, 0, 1, TYPE.ipv4 >>> 8, 0, 6, 4, 0, operation], 12);
  frame.set([...mac, ...address, ...target, ...address], 22);
  return frame;
}

/** The IPv4 address from which a frame was sent; 0 when it says none. */
function senderOf(frame: Uint8Array): number {
  if (frame.length < 42) return 0;
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  const type = view.getUint16(12);
  if (type === TYPE.arp) return view.getUint32(28);
  return type === TYPE.ipv4 ? view.getUint32(26) : 0;
}
