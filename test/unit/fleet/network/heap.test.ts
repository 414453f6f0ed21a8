import fc from "fast-check";
import { expect, test } from "vitest";
import { Heap } from "../../../../src/fleet/network/heap.js";

interface Item {
  place: number;
  key: number;
}

const operation = fc.tuple(fc.constantFrom("add", "add", "remove", "rekey"), fc.nat(), fc.nat(50));

test("the least key is on top, whatever was added, removed and re-keyed anywhere", () => {
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 200 }), (operations) => {
      const heap = new Heap<Item>();
      const items: Item[] = [];
      for (const [kind, which, key] of operations) {
        const item = items[which % Math.max(1, items.length)];
        if (kind === "add" || item === undefined) {
          items.push({ place: -1, key });
          heap.add(items.at(-1) as Item, key);
        } else if (kind === "remove") {
          items.splice(items.indexOf(item), 1);
          heap.remove(item);
          expect(item.place).toBe(-1);
        } else {
          item.key = key;
          heap.rekey(item, key);
        }
        expect(heap.size).toBe(items.length);
        expect(heap.topKey).toBe(Math.min(...items.map((one) => one.key)));
        for (const one of items) expect(heap.keyOf(one)).toBe(one.key);
      }
    }),
    { numRuns: 500 },
  );
});
