import type { V86Emulator } from "./emulator.js";

/**
 * The processor's counter of time, which v86 derives from the host's clock whenever it is looked at. Here it
 * stands while the guest does: a guest that stood, or moved, finds no time lost, and its state stays the same.
 */
export function stopClockWithGuest(emulator: V86Emulator): void {
  const { cpu } = emulator.v86;
  const { set_tsc: set, store_current_tsc: store } = cpu;
  let isRunning = false;
  cpu.store_current_tsc = () => {
    if (isRunning) store();
  };
  cpu.set_tsc = (low, high) => {
    set(low, high);
    cpu.current_tsc[0] = low;
    cpu.current_tsc[1] = high;
  };
  emulator.add_listener("emulator-started", () => {
    const [low = 0, high = 0] = [cpu.current_tsc[0], cpu.current_tsc[1]];
    set(low, high);
    isRunning = true;
  });
  emulator.add_listener("emulator-stopped", () => {
    cpu.store_current_tsc();
    isRunning = false;
  });
}
