import { ARP_OPERATION, arpPacket, readArp } from "../../src/machine/network/address-resolution.js";
import {
  BROADCAST,
  ETHER_TYPE,
  ETHERNET_HEADER_BYTES,
  ethernetFrame,
  etherTypeOf,
  type Ipv4,
  type Mac,
} from "../../src/machine/network/ethernet.js";
import type { LearningSwitch, SwitchPort } from "../../src/machine/network/learning-switch.js";

const ICMP = 1;
const ECHO_REQUEST = 8;
const ECHO_REPLY = 0;
const IPV4_BYTES = 20;
const ICMP_AT = ETHERNET_HEADER_BYTES + IPV4_BYTES;
const IDENTIFIER = 0x6f77;

/** A neighbour on the network: answers ARP, asks for a guest's hardware address, and pings it. */
export class PingPeer {
  readonly #port: SwitchPort;
  readonly #mac: Mac = Uint8Array.of(2, 0, 0, 0, 0, 1);
  readonly #address: Ipv4;
  readonly #guest: Ipv4;
  #guestMac: Mac | null = null;
  #sent = 0;
  readonly #answered = new Set<number>();

  /** Plugs it into a switch. */
  constructor(network: LearningSwitch, address: Ipv4, guest: Ipv4) {
    this.#address = address;
    this.#guest = guest;
    this.#port = network.attach((frame) => this.#receive(frame.slice()));
  }

  /** Whether the guest has said its hardware address. */
  get knowsGuest(): boolean {
    return this.#guestMac !== null;
  }

  /** How many pings were sent. */
  get sent(): number {
    return this.#sent;
  }

  /** Numbers, from 1, of the pings that were not answered. */
  get lost(): number[] {
    return Array.from({ length: this.#sent }, (_, index) => index + 1).filter(
      (number) => !this.#answered.has(number),
    );
  }

  /** Asks who has the guest's address. */
  ask(): void {
    this.#sendArp(ARP_OPERATION.request, BROADCAST, new Uint8Array(6), this.#guest);
  }

  /** Sends the next ping. */
  ping(): void {
    if (this.#guestMac === null) throw new Error("the guest's hardware address is not known yet");
    this.#sent++;
    const packet = new Uint8Array(IPV4_BYTES + 16);
    // Version 4, five words; length; identification; time to live; what is in it.
    packet.set([0x45, 0, 0, packet.length, this.#sent >> 8, this.#sent & 255, 0, 0, 64, ICMP], 0);
    packet.set(this.#address, 12);
    packet.set(this.#guest, 16);
    setChecksum(packet.subarray(0, IPV4_BYTES), 10);
    const echo = packet.subarray(IPV4_BYTES);
    echo.set([ECHO_REQUEST, 0, 0, 0, IDENTIFIER >> 8, IDENTIFIER & 255]);
    echo.set([this.#sent >> 8, this.#sent & 255], 6);
    setChecksum(echo, 2);
    this.#port.send(ethernetFrame(this.#guestMac, this.#mac, ETHER_TYPE.ipv4, packet));
  }

  #receive(frame: Uint8Array): void {
    const arp = readArp(frame);
    if (arp !== null && same(arp.senderAddress, this.#guest)) this.#guestMac = arp.senderMac;
    if (arp?.operation === ARP_OPERATION.request && same(arp.targetAddress, this.#address)) {
      this.#sendArp(ARP_OPERATION.reply, arp.senderMac, arp.senderMac, arp.senderAddress);
    }
    const isReply =
      etherTypeOf(frame) === ETHER_TYPE.ipv4 &&
      frame[ETHERNET_HEADER_BYTES + 9] === ICMP &&
      frame[ICMP_AT] === ECHO_REPLY;
    if (!isReply) return;
    const view = new DataView(frame.buffer, frame.byteOffset + ICMP_AT);
    if (view.getUint16(4) === IDENTIFIER) this.#answered.add(view.getUint16(6));
  }

  #sendArp(operation: number, to: Mac, targetMac: Mac, targetAddress: Ipv4): void {
    const [senderMac, senderAddress] = [this.#mac, this.#address];
    const packet = arpPacket({ operation, senderMac, senderAddress, targetMac, targetAddress });
    this.#port.send(ethernetFrame(to, this.#mac, ETHER_TYPE.arp, packet));
  }
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

/** The Internet's checksum, RFC 1071. */
function setChecksum(bytes: Uint8Array, at: number): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  view.setUint16(at, 0);
  let sum = 0;
  for (let word = 0; word < bytes.length; word += 2) sum += view.getUint16(word);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  view.setUint16(at, ~sum & 0xffff);
}
