import { describe, expect, test } from "vitest";
import { ARP_OPERATION, readArp } from "../../../../src/machine/network/address-resolution.js";
import { addressSentFrom, announcement } from "../../../../src/machine/network/announcement.js";
import { ETHER_TYPE, ethernetFrame } from "../../../../src/machine/network/ethernet.js";

const MAC = Uint8Array.of(0x00, 0x22, 0x15, 0x0a, 0x0b, 0x0c);
const ADDRESS = Uint8Array.of(10, 0, 0, 2);

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

describe("an announcement", () => {
  test("without an address is QEMU's: a reverse ARP request to everybody", () => {
    const [frame, ...others] = announcement(MAC, null);
    expect(others).toEqual([]);
    expect(hex(frame as Uint8Array)).toBe(
      // To everybody, from the guest, RARP; Ethernet and IPv4, operation 3, the guest twice; filled to 60 bytes.
      `ffffffffffff0022150a0b0c80350001080006040003${"0022150a0b0c00000000".repeat(2)}`.padEnd(
        120,
        "0",
      ),
    );
  });

  test("with an address is followed by a gratuitous ARP request", () => {
    const [, frame, ...others] = announcement(MAC, ADDRESS);
    expect(others).toEqual([]);
    expect(hex(frame as Uint8Array).slice(0, 28)).toBe("ffffffffffff0022150a0b0c0806");
    expect(readArp(frame as Uint8Array)).toEqual({
      operation: ARP_OPERATION.request,
      senderMac: MAC,
      senderAddress: ADDRESS,
      targetMac: new Uint8Array(6),
      targetAddress: ADDRESS,
    });
  });
});

describe("the address of a sender", () => {
  test("is read from its ARP and its IPv4 packets", () => {
    const [, gratuitous] = announcement(MAC, ADDRESS);
    expect(addressSentFrom(gratuitous as Uint8Array)).toEqual(ADDRESS);
    const packet = new Uint8Array(20);
    packet.set(ADDRESS, 12);
    const frame = ethernetFrame(MAC, MAC, ETHER_TYPE.ipv4, packet);
    expect(addressSentFrom(frame)).toEqual(ADDRESS);
  });

  test("is unknown from anything else", () => {
    const [reverse] = announcement(MAC, ADDRESS);
    expect(addressSentFrom(reverse as Uint8Array)).toBeNull();
    // One that has no address yet, as while it asks a DHCP server.
    expect(
      addressSentFrom(ethernetFrame(MAC, MAC, ETHER_TYPE.ipv4, new Uint8Array(20))),
    ).toBeNull();
    expect(addressSentFrom(new Uint8Array(0))).toBeNull();
    expect(addressSentFrom(Uint8Array.of(...new Uint8Array(12), 0x08, 0x06, 0, 1))).toBeNull();
    expect(addressSentFrom(Uint8Array.of(...new Uint8Array(12), 0x08, 0x00, 0x45))).toBeNull();
  });
});
