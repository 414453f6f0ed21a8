import { AbortedError, InvalidOptionError } from "../errors.js";
import type { Milliseconds } from "../units.js";

/** Waits until a moment of `performance.now()`, at least until other events had their turn. @throws AbortedError */
export async function pauseUntil(
  moment: Milliseconds,
  signal: AbortSignal | undefined,
): Promise<void> {
  const left = moment - performance.now();
  await new Promise<void>((resume) => {
    if (left <= 0) {
      setImmediate(resume);
      return;
    }
    const wake = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", wake);
      resume();
    };
    const timer = setTimeout(wake, left);
    signal?.addEventListener("abort", wake);
  });
  if (signal?.aborted) throw new AbortedError("the observation was ended early");
}

/** Checks a number that an option gave. */
export function checkRange(
  option: string,
  value: number,
  least: number,
  most: number,
  unit: string,
): void {
  if (value >= least && value <= most) return;
  throw new InvalidOptionError(option, value, `${least} to ${most} ${unit}`);
}
