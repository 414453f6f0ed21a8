import { jspi } from "./booted-emulator.js";
import type { V86Cpu, V86Exports } from "./emulator.js";

/**
 * A device that raises an interrupt makes the processor take it at once, which may need an absent page. The
 * guest can only be suspended from a slice, not through the device's own JavaScript, so while pages are
 * absent interrupts are held until the slice is over.
 */
export class HeldInterrupts {
  /** Whether they are held at present. */
  isHolding = false;
  readonly #held: { readonly isRaised: boolean; readonly interrupt: number }[] = [];
  readonly #raise: (interrupt: number) => Promise<void>;
  readonly #lower: (interrupt: number) => Promise<void>;

  constructor(cpu: V86Cpu, exports: V86Exports) {
    const { device_raise_irq: raise, device_lower_irq: lower } = exports;
    this.#raise = jspi.promising(raise);
    this.#lower = jspi.promising(lower);
    const held =
      (isRaised: boolean, now: (interrupt: number) => void) =>
      (interrupt: number): void => {
        if (this.isHolding || this.#held.length > 0) this.#held.push({ isRaised, interrupt });
        else now(interrupt);
      };
    cpu.device_raise_irq = held(true, raise);
    cpu.device_lower_irq = held(false, lower);
  }

  /** Whether any wait. */
  get areWaiting(): boolean {
    return this.#held.some(({ isRaised }) => isRaised);
  }

  /** Gives the processor what was held, in order. */
  async release(): Promise<void> {
    for (let next = this.#held[0]; next; next = this.#held[0]) {
      await (next.isRaised ? this.#raise : this.#lower)(next.interrupt);
      this.#held.shift();
    }
  }
}
