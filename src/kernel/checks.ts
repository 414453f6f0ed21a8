import { InvalidOptionError } from "../errors.js";
import type { PageCount, PageIndex } from "../units.js";
import type { Kernel } from "./load.js";

// The kernel believes what it is told; these stand between it and the callers of the wrappers.

/** Words of random state that a call takes and leaves advanced. */
const STATE_WORDS = 16;

export function checkPageCount(pageCount: PageCount, max: PageCount): void {
  if (!Number.isInteger(pageCount) || pageCount < 1 || pageCount > max) {
    throw new InvalidOptionError("pageCount", pageCount, `a whole number, 1 to ${max}`);
  }
}

export function checkPage(page: PageIndex, pageCount: PageCount): void {
  if (!Number.isInteger(page) || page < 0 || page >= pageCount) {
    throw new InvalidOptionError("page", page, `a whole number, 0 to ${pageCount - 1}`);
  }
}

/** Bounds of a range, each 0 .. pageCount; a range that ends before it begins is empty. */
export function checkRange(from: PageIndex, to: PageCount, pageCount: PageCount): void {
  checkBound("from", from, pageCount);
  checkBound("to", to, pageCount);
}

function checkBound(name: string, page: number, pageCount: PageCount): void {
  if (!Number.isInteger(page) || page < 0 || page > pageCount) {
    throw new InvalidOptionError(name, page, `a whole number, 0 to ${pageCount}`);
  }
}

/** Page numbers that must all lie in [from, to). */
export function checkPages(pages: Uint32Array, from: PageIndex, to: PageCount): void {
  for (const page of pages) {
    if (page < from || page >= to) {
      throw new InvalidOptionError("pages", page, `page numbers of ${from} to ${to - 1}`);
    }
  }
}

export function checkWhole(name: string, value: number, min: number, max: number): void {
  if (!Number.isInteger(value) || value < min || value > max) {
    throw new InvalidOptionError(name, value, `a whole number, ${min} to ${max}`);
  }
}

export function checkProbability(probability: number): void {
  if (Number.isNaN(probability)) {
    throw new InvalidOptionError("probability", probability, "a number");
  }
}

/** Runs a call with the caller's random state, and leaves that advanced. */
export function withState<T>(kernel: Kernel, state: Uint32Array, call: () => T): T {
  if (state.length !== STATE_WORDS) {
    throw new InvalidOptionError("state.length", state.length, `${STATE_WORDS} words`);
  }
  kernel.state.view.set(state);
  const answer = call();
  state.set(kernel.state.view);
  return answer;
}
