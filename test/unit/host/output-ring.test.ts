import fc from "fast-check";
import { expect, test } from "vitest";
import { OutputRing } from "../../../src/host/output-ring.js";

test("a ring keeps the last bytes in their order, however they came", () => {
  const pieces = fc.array(fc.uint8Array({ maxLength: 20 }), { maxLength: 20 });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 16 }), pieces, (capacity, printed) => {
      const ring = new OutputRing(capacity);
      for (const piece of printed) ring.add(piece);
      const all = printed.flatMap((piece) => [...piece]);
      expect([...ring.read()]).toEqual(all.slice(-capacity));
    }),
  );
});
