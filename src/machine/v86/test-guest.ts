import type { V86Guest } from "./options.js";
import { TEST_GUEST_IMAGE } from "./test-guest-image.js";

/** What the test guest does; see fixtures/guest/guest.c. */
export interface TestGuestOptions {
  /** How many pages it keeps and checks, 1 to 65536; they lie from 4 MiB on. Default 256. */
  readonly pages?: number;
  /** Turns of an empty loop after each step. Default 100. */
  readonly delay?: number;
  /** Whether it uses page tables. Default false. */
  readonly paging?: boolean;
  /** Whether a timer interrupts it. Default false. */
  readonly irq?: boolean;
  /** With `irq`: it waits for an interrupt every so many steps; 0, the default: never. */
  readonly rest?: number;
  /** Whether it runs code that it has written. Default false. */
  readonly exec?: boolean;
  /** Steps between two reports. Default 1000. */
  readonly report?: number;
}

/**
 * The tiny guest that godwit is tried with. It needs no firmware and no disk, and notices a single wrong
 * page: within two steps a page it prints a line that begins with `BAD`.
 */
export function testGuest(options: TestGuestOptions = {}): V86Guest {
  const words = Object.entries(options).map(([name, value]) => `${name}=${Number(value)}`);
  const hex = TEST_GUEST_IMAGE.match(/../g) ?? [];
  return {
    multiboot: Uint8Array.from(hex, (byte) => Number.parseInt(byte, 16)),
    commandLine: words.join(" "),
  };
}

/** What the guest says of itself now and then. */
export interface TestGuestReport {
  /** Steps done. */
  readonly count: number;
  readonly checksum: number;
  /** Interrupts of the timer. */
  readonly ticks: number;
  /** Pages found wrong. */
  readonly bad: number;
}

/** The reports in what the guest has printed so far. */
export function testGuestReports(printed: string): TestGuestReport[] {
  const line = /^C ([0-9a-f]{8}) S ([0-9a-f]{8}) T ([0-9a-f]{8}) B ([0-9a-f]{8})$/gm;
  return [...printed.matchAll(line)].map(([, ...numbers]) => {
    const [count = 0, checksum = 0, ticks = 0, bad = 0] = numbers.map((text) =>
      Number.parseInt(text, 16),
    );
    return { count, checksum, ticks, bad };
  });
}

/** The checksum that an intact guest has after so many steps: what its report must say, wherever it ran. */
export function checksumAt(count: number, { pages = 256 }: TestGuestOptions = {}): number {
  const versions = new Uint32Array(pages).fill(1);
  let random = 0x12345678;
  let sum = 0;
  for (let step = 0; step < count; step++) {
    if (step & 1) {
      random ^= random << 13;
      random ^= random >>> 17;
      random ^= random << 5;
    }
    const page = (step & 1 ? random >>> 0 : step >>> 1) % pages;
    const version = (versions[page] as number) + 1;
    versions[page] = version;
    sum = (sum + wordOf(page, version, 7)) >>> 0;
  }
  return sum;
}

/** A word of a page after its page was written so many times. */
function wordOf(page: number, version: number, word: number): number {
  let hash =
    Math.imul(page, 0x9e3779b1) ^ Math.imul(version, 0x85ebca77) ^ Math.imul(word, 0xc2b2ae3d);
  hash ^= hash >>> 15;
  hash = Math.imul(hash, 0x2c1b3c6d);
  return (hash ^ (hash >>> 13)) >>> 0;
}
