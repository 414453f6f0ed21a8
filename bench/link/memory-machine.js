const PAGE = 4096;
/** What one part of the memory holds: buffers of 4 GiB and more are not to be had everywhere. */
const PART_PAGES = 2 ** 17;

/** A machine that is memory and does nothing; its pages are read and stored in place. */
export class MemoryMachine {
  kind = "memory";
  demand = null;
  isRunning = false;
  parts = [];

  constructor(pageCount) {
    this.configuration = { pageCount };
    for (let first = 0; first < pageCount; first += PART_PAGES) {
      this.parts.push(new Uint8Array(Math.min(PART_PAGES, pageCount - first) * PAGE));
    }
    this.memory = {
      pageCount,
      read: (from, to) => {
        const part = this.#part(from);
        const start = from % PART_PAGES;
        return part.subarray(
          start * PAGE,
          (start + Math.min(to - from, PART_PAGES - start)) * PAGE,
        );
      },
      write: (from, bytes) => this.#part(from).set(bytes, (from % PART_PAGES) * PAGE),
    };
  }

  /** Fills it with bytes that no compressor makes smaller. */
  fillRandom() {
    let x = 0x9e3779b9;
    for (const part of this.parts) {
      const words = new Uint32Array(part.buffer);
      for (let at = 0; at < words.length; at++) {
        x ^= x << 13;
        x ^= x >>> 17;
        x ^= x << 5;
        words[at] = x;
      }
    }
  }

  #part(page) {
    return this.parts[Math.floor(page / PART_PAGES)];
  }

  async pause() {
    this.isRunning = false;
  }
  async resume(began) {
    this.isRunning = true;
    began?.();
  }
  throttle() {}
  startLog() {}
  stopLog() {}
  harvest() {}
  async saveState() {
    return new Uint8Array(1024);
  }
  async loadState() {}
  expectPages() {}
  destroy() {}
}

export const memoryKind = {
  kind: "memory",
  build: async ({ pageCount }) => new MemoryMachine(pageCount),
};
