/** The parts of v86's processor object that a BIOS would set up. */
export interface RoutedHardware {
  readonly io: { port_write8(port: number, value: number): void };
  readonly devices: {
    readonly pci: {
      /** The configuration space of the PCI-to-ISA bridge. */
      readonly isa_bridge_space8: Uint8Array;
      /** The configuration space of each device, by its bus, device and function. */
      readonly device_spaces: readonly (Int32Array | undefined)[];
    };
  };
}

/** Interrupts of the bridge's pins A to D. */
const INTERRUPTS = [10, 11, 10, 11] as const;
const BRIDGE_ROUTING = 0x60;
const INTERRUPT_LINE = 0x3c;
const INTERRUPT_PIN = 0x3d;
/** Register of the interrupt controllers that says which of 8 to 15 are level-triggered. */
const LEVEL_TRIGGERED_PORT = 0x4d1;
const LEVEL_TRIGGERED = 0x0c;

/**
 * Gives every PCI device its interrupt, as a BIOS does: without, a kernel that is started directly finds its
 * network card at interrupt 0. The pins of neighbouring devices are swizzled as on a PIIX board.
 */
export function routeInterrupts({ io, devices: { pci } }: RoutedHardware): void {
  pci.isa_bridge_space8.set(INTERRUPTS, BRIDGE_ROUTING);
  io.port_write8(LEVEL_TRIGGERED_PORT, LEVEL_TRIGGERED);
  pci.device_spaces.forEach((space, address) => {
    if (!space) return;
    const bytes = new Uint8Array(space.buffer, space.byteOffset, space.byteLength);
    const pin = bytes[INTERRUPT_PIN] as number;
    const device = address >> 3;
    // Pins count from 1; 0 is a device without interrupt.
    if (pin !== 0) bytes[INTERRUPT_LINE] = INTERRUPTS[(pin - 1 + device - 1) & 3] as number;
  });
}
