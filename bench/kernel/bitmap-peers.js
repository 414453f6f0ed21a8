// Bitmaps of packages, which keep their words to themselves: what lies in the kernel's memory is copied
// into them before anything is timed.

/** @typedef {import("./ground.js").Ground} Ground */

/** @param {Ground} ground */
export function fastbitset({ kernel, peers: { FastBitSet } }) {
  const read = (bitmap, pages) => {
    return FastBitSet.fromWords(Array.from(new Int32Array(kernel.buffer, bitmap, pages / 32)));
  };
  const named = (work) => ({ fastbitset: work });
  return {
    set(list, pages) {
      const bits = FastBitSet.fromWords(Array(pages / 32).fill(0));
      const before = () => void bits.words.fill(0);
      return named({
        before,
        run: () => {
          for (let index = 0; index < list.length; index++) bits.add(list[index]);
        },
      });
    },
    count(bitmap, pages, answering) {
      const bits = read(bitmap, pages);
      return named(answering(() => bits.size()));
    },
    list(bitmap, pages) {
      const bits = read(bitmap, pages);
      return named({ run: () => void bits.array() });
    },
    combine(into, from, pages, operation) {
      const bits = read(into, pages);
      const other = read(from, pages);
      const run = { Or: () => bits.union(other), AndNot: () => bits.difference(other) }[operation];
      return named({ run });
    },
    harvest(template, pages) {
      const drawn = read(template, pages);
      let [log, into] = [drawn, drawn];
      const before = () => {
        log = drawn.clone();
        into = FastBitSet.fromWords(Array(pages / 32).fill(0));
      };
      return named({
        before,
        run() {
          into.union(log);
          log.clear();
        },
      });
    },
  };
}

/** @param {Ground} ground */
export function roaring({ kernel, peers: { RoaringBitmap } }) {
  const read = (bitmap, pages) => {
    const bits = new RoaringBitmap();
    const bytes = kernel.u8(bitmap, pages / 8);
    for (let page = 0; page < pages; page++)
      if ((bytes[page >> 3] >> (page & 7)) & 1) bits.add(page);
    return bits;
  };
  const named = (lay) => (RoaringBitmap === null ? {} : { roaring: lay() });
  return {
    set: (list) =>
      named(() => {
        const bits = new RoaringBitmap();
        return { before: () => void bits.clear(), run: () => void bits.addMany(list) };
      }),
    count: (bitmap, pages, answering) =>
      named(() => {
        const bits = read(bitmap, pages);
        return answering(() => bits.size);
      }),
    list: (bitmap, pages) =>
      named(() => {
        const bits = read(bitmap, pages);
        return { run: () => void bits.toUint32Array() };
      }),
    combine: (into, from, pages, operation) =>
      named(() => {
        const bits = read(into, pages);
        const other = read(from, pages);
        return {
          run: operation === "Or" ? () => bits.orInPlace(other) : () => bits.andNotInPlace(other),
        };
      }),
    harvest: (template, pages) =>
      named(() => {
        const drawn = read(template, pages);
        let [log, into] = [drawn, drawn];
        const before = () => {
          log = drawn.clone();
          into = new RoaringBitmap();
        };
        return {
          before,
          run() {
            into.orInPlace(log);
            log.clear();
          },
        };
      }),
  };
}
