import type { Bytes } from "../../units.js";

/** A hardware address: six bytes. */
export type Mac = Uint8Array;

/** An IPv4 address: four bytes. */
export type Ipv4 = Uint8Array;

/** Bytes before the payload: to whom, from whom, and what. */
export const ETHERNET_HEADER_BYTES: Bytes = 14;
/** The shortest frame, without the checksum that cards add. */
export const LEAST_FRAME_BYTES: Bytes = 60;
/** The longest frame with one VLAN tag, without the checksum. */
export const MOST_FRAME_BYTES: Bytes = 1518;

/** Everybody. */
export const BROADCAST: Mac = new Uint8Array(6).fill(0xff);

/** What a frame carries. */
export const ETHER_TYPE = { ipv4: 0x0800, arp: 0x0806, reverseArp: 0x8035 } as const;

/** A frame, filled with zeros up to the shortest allowed. */
export function ethernetFrame(to: Mac, from: Mac, type: number, payload: Uint8Array): Uint8Array {
  const length = Math.max(LEAST_FRAME_BYTES, ETHERNET_HEADER_BYTES + payload.length);
  const frame = new Uint8Array(length);
  frame.set(to, 0);
  frame.set(from, 6);
  new DataView(frame.buffer).setUint16(12, type);
  frame.set(payload, ETHERNET_HEADER_BYTES);
  return frame;
}

/** For whom a frame is. */
export function destinationOf(frame: Uint8Array): Mac {
  return frame.subarray(0, 6);
}

/** Who sent a frame. */
export function sourceOf(frame: Uint8Array): Mac {
  return frame.subarray(6, 12);
}

/** What a frame carries; VLAN tags are not looked behind. */
export function etherTypeOf(frame: Uint8Array): number {
  return ((frame[12] ?? 0) << 8) | (frame[13] ?? 0);
}

/** Whether an address is that of a group, such as everybody. */
export function isGroup(mac: Mac): boolean {
  return ((mac[0] ?? 0) & 1) === 1;
}

/** As people write it: `00:22:15:0a:0b:0c`. */
export function macText(mac: Mac): string {
  return Array.from(mac, (byte) => byte.toString(16).padStart(2, "0")).join(":");
}
