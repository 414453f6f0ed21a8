import type { V86Cpu, V86Emulator } from "./emulator.js";

/**
 * The processor's counter of time, which v86 derives from the host's clock whenever it is looked at. Here it
 * stands while the guest does: a guest that stood, or moved, finds no time lost, and its state stays the same.
 */
export function stopClockWithGuest(emulator: V86Emulator): void {
  const { cpu } = emulator.v86;
  const store = cpu.store_current_tsc;
  const set = exactSetting(cpu);
  let isRunning = false;
  cpu.store_current_tsc = () => {
    if (isRunning) store();
  };
  cpu.set_tsc = set;
  emulator.add_listener("emulator-started", () => {
    set(cpu.current_tsc[0] as number, cpu.current_tsc[1] as number);
    isRunning = true;
  });
  emulator.add_listener("emulator-stopped", () => {
    cpu.store_current_tsc();
    isRunning = false;
  });
}

/**
 * v86's `set_tsc` takes how far the counter is from the host's clock for zero: it is right once in a
 * machine's life, and the next call undoes it. So that distance is made zero before.
 */
function exactSetting(cpu: V86Cpu): (low: number, high: number) => void {
  const { set_tsc: set, store_current_tsc: store } = cpu;
  return (low, high) => {
    store();
    set(cpu.current_tsc[0] as number, cpu.current_tsc[1] as number);
    set(low, high);
    cpu.current_tsc[0] = low;
    cpu.current_tsc[1] = high;
  };
}
