import type { V86Cpu } from "./emulator.js";

// Ports and registers of a VGA; IBM's numbers.
const GRAPHICS_INDEX = 0x3ce;
const CRT_INDEX = 0x3d4;
const MISCELLANEOUS = 6;
/** Text at 0xB8000, even and odd bytes in two planes. */
const TEXT_AT_B8000 = 0x0e;
const ROW_OFFSET = 0x13;
/** Words of a row of 80 characters, halved. */
const ROW_OF_80 = 40;

/** Sets the screen up as a VGA BIOS leaves it, so that guests that only write text are seen. */
export function startTextScreen({ io }: V86Cpu): void {
  const set = (index: number, register: number, value: number): void => {
    io.port_write8(index, register);
    io.port_write8(index + 1, value);
  };
  set(GRAPHICS_INDEX, MISCELLANEOUS, TEXT_AT_B8000);
  set(CRT_INDEX, ROW_OFFSET, ROW_OF_80);
}
