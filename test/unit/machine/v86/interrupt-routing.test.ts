import { expect, test } from "vitest";
import { routeInterrupts } from "../../../../src/machine/v86/interrupt-routing.js";

test("each device with an interrupt pin has the line that the bridge gives to it", () => {
  const bridge = new Uint8Array(256);
  const ports: [number, number][] = [];
  const withPin = (pin: number): Int32Array => {
    const bytes = new Uint8Array(64);
    bytes[0x3d] = pin;
    return new Int32Array(bytes.buffer);
  };
  const spaces: (Int32Array | undefined)[] = [];
  // Devices 5 and 6 with pin A, 7 with pin B, and the bridge itself without.
  spaces[1 << 3] = withPin(0);
  spaces[5 << 3] = withPin(1);
  spaces[6 << 3] = withPin(1);
  spaces[7 << 3] = withPin(2);
  routeInterrupts({
    io: { port_write8: (port, value) => ports.push([port, value]) },
    devices: { pci: { isa_bridge_space8: bridge, device_spaces: spaces } },
  });
  const lineOf = (device: number) =>
    new Uint8Array((spaces[device << 3] as Int32Array).buffer)[0x3c];
  expect([1, 5, 6, 7].map(lineOf)).toEqual([0, 10, 11, 11]);
  expect([...bridge.subarray(0x60, 0x64)]).toEqual([10, 11, 10, 11]);
  expect(ports).toEqual([[0x4d1, 0x0c]]);
});
