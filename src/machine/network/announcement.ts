import { ARP_OPERATION, arpPacket, readArp } from "./address-resolution.js";
import {
  BROADCAST,
  ETHER_TYPE,
  ETHERNET_HEADER_BYTES,
  ethernetFrame,
  etherTypeOf,
  type Ipv4,
  type Mac,
} from "./ethernet.js";

const NO_ADDRESS: Ipv4 = new Uint8Array(4);
const IPV4_SOURCE = ETHERNET_HEADER_BYTES + 12;

/**
 * The frames that make a network find a guest at its new place, sent on its behalf just before it runs there:
 * every switch on the way learns from them on which port it now is.
 *
 * The first is what QEMU sends (`announce_self_create`): a reverse ARP request, which needs no address and which
 * nobody answers. With an address follows a gratuitous ARP request, which also brings the neighbours' tables up to date.
 *
 * @param address - The guest's IPv4 address, when it is known; see {@link addressSentFrom}.
 */
export function announcement(mac: Mac, address: Ipv4 | null): Uint8Array[] {
  const reverse = arpPacket({
    operation: ARP_OPERATION.reverseRequest,
    senderMac: mac,
    senderAddress: NO_ADDRESS,
    targetMac: mac,
    targetAddress: NO_ADDRESS,
  });
  const frames = [ethernetFrame(BROADCAST, mac, ETHER_TYPE.reverseArp, reverse)];
  if (address === null) return frames;
  const gratuitous = arpPacket({
    operation: ARP_OPERATION.request,
    senderMac: mac,
    senderAddress: address,
    targetMac: NO_MAC,
    targetAddress: address,
  });
  return [...frames, ethernetFrame(BROADCAST, mac, ETHER_TYPE.arp, gratuitous)];
}

const NO_MAC: Mac = new Uint8Array(6);

/** The IPv4 address that the sender of a frame has, when the frame tells: it is ARP or IPv4, and the address is one. */
export function addressSentFrom(frame: Uint8Array): Ipv4 | null {
  const address = readArp(frame)?.senderAddress ?? ipv4Source(frame);
  return address?.some((byte) => byte !== 0) ? address : null;
}

function ipv4Source(frame: Uint8Array): Ipv4 | null {
  if (etherTypeOf(frame) !== ETHER_TYPE.ipv4 || frame.length < IPV4_SOURCE + 8) return null;
  return frame.slice(IPV4_SOURCE, IPV4_SOURCE + 4);
}
