import { PageScan } from "../../kernel/page-scan.js";
import { PAGE_SIZE, type PageIndex } from "../../units.js";
import type { Machine } from "../machine.js";

/** A machine, with what its guest says of itself. */
export interface MachineUnderTest {
  readonly machine: Machine;
  /** How far the guest has come, by its own count; it grows while it runs, and goes on after a move. */
  progress(): number;
  /** Whether the guest has found nothing wrong so far. */
  isIntact(): boolean;
  /** An equal machine that is empty, as a target builds it. */
  makeEmpty(): Promise<MachineUnderTest>;
}

/** One thing that a machine must do. */
export interface ConformanceCase {
  readonly name: string;
  /** @throws ConformanceError when it does not. */
  run(): Promise<void>;
}

/** A machine does not do what is said of machines. */
export class ConformanceError extends Error {
  override readonly name = "ConformanceError";
}

/** Stops with a {@link ConformanceError} unless `condition` holds. */
export function hold(condition: boolean, otherwise: string): asserts condition {
  if (!condition) throw new ConformanceError(otherwise);
}

const PATIENCE_MS = 30_000;

/** Lets the machine work until the condition holds. */
export async function until(condition: () => boolean, what: string): Promise<void> {
  for (const end = performance.now() + PATIENCE_MS; !condition(); await moment(2)) {
    hold(performance.now() < end, `in ${PATIENCE_MS / 1000} s it did not happen that ${what}`);
  }
}

export function moment(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Lets the guest come a bit further. */
export async function work(subject: MachineUnderTest): Promise<void> {
  const from = subject.progress();
  if (!subject.machine.isRunning) await subject.machine.resume();
  await until(() => subject.progress() > from, "the guest came further");
}

/** All of a machine's memory, copied. */
export function copyOf({ memory }: Machine): Uint8Array {
  const copy = new Uint8Array(memory.pageCount * PAGE_SIZE);
  for (let page = 0; page < memory.pageCount; ) {
    const bytes = memory.read(page, memory.pageCount);
    hold(bytes.length >= PAGE_SIZE && bytes.length % PAGE_SIZE === 0, "read answers whole pages");
    copy.set(bytes, page * PAGE_SIZE);
    page += bytes.length / PAGE_SIZE;
  }
  return copy;
}

/** A page's bytes in a copy of memory. */
export function pageIn(copy: Uint8Array, page: PageIndex): Uint8Array {
  return copy.subarray(page * PAGE_SIZE, (page + 1) * PAGE_SIZE);
}

export function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let at = 0; at < a.length; at++) if (a[at] !== b[at]) return false;
  return true;
}

/** Pages that differ between two copies of memory. */
export function differing(a: Uint8Array, b: Uint8Array): PageIndex[] {
  const pages: PageIndex[] = [];
  const { bits } = PageScan.differing(a, b);
  for (const [byte, some] of bits.entries()) {
    for (let bit = 0; bit < 8; bit++) if ((some >> bit) & 1) pages.push(8 * byte + bit);
  }
  return pages;
}

/** A case over a machine of its own, which is let go of in the end. */
export function caseOf(
  make: () => Promise<MachineUnderTest>,
  name: string,
  run: (subject: MachineUnderTest) => Promise<void>,
): ConformanceCase {
  return {
    name,
    run: async () => {
      const subject = await make();
      try {
        await run(subject);
      } finally {
        subject.machine.destroy();
      }
    },
  };
}

/** An empty machine of its own, which is let go of in the end. */
export async function withEmpty(
  subject: MachineUnderTest,
  use: (target: MachineUnderTest) => Promise<void>,
): Promise<void> {
  const target = await subject.makeEmpty();
  try {
    await use(target);
  } finally {
    target.machine.destroy();
  }
}
