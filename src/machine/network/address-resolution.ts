import { ETHER_TYPE, ETHERNET_HEADER_BYTES, etherTypeOf, type Ipv4, type Mac } from "./ethernet.js";

/** What an ARP packet says; RFC 826 and 903. */
export interface ArpPacket {
  readonly operation: number;
  readonly senderMac: Mac;
  readonly senderAddress: Ipv4;
  readonly targetMac: Mac;
  readonly targetAddress: Ipv4;
}

export const ARP_OPERATION = { request: 1, reply: 2, reverseRequest: 3 } as const;

const ARP_BYTES = 28;
/** Ethernet addresses of six bytes for IPv4 addresses of four. */
const KIND = [0, 1, 8, 0, 6, 4] as const;

/** The bytes of a packet. */
export function arpPacket(packet: ArpPacket): Uint8Array {
  const bytes = new Uint8Array(ARP_BYTES);
  bytes.set(KIND, 0);
  bytes[7] = packet.operation;
  bytes.set(packet.senderMac, 8);
  bytes.set(packet.senderAddress, 14);
  bytes.set(packet.targetMac, 18);
  bytes.set(packet.targetAddress, 24);
  return bytes;
}

/** The ARP packet in a frame; null when it holds none for Ethernet and IPv4. */
export function readArp(frame: Uint8Array): ArpPacket | null {
  const bytes = frame.subarray(ETHERNET_HEADER_BYTES, ETHERNET_HEADER_BYTES + ARP_BYTES);
  if (etherTypeOf(frame) !== ETHER_TYPE.arp || bytes.length < ARP_BYTES) return null;
  if (KIND.some((value, at) => bytes[at] !== value)) return null;
  return {
    operation: ((bytes[6] as number) << 8) | (bytes[7] as number),
    senderMac: bytes.slice(8, 14),
    senderAddress: bytes.slice(14, 18),
    targetMac: bytes.slice(18, 24),
    targetAddress: bytes.slice(24, 28),
  };
}
