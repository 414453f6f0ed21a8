import fc from "fast-check";
import { expect, test } from "vitest";
import { EventQueue } from "../../../src/world/event-queue.js";

interface Announced {
  readonly at: number;
  readonly kind: number;
  readonly subject: number;
}

test("events come in order of time, and of announcement at one instant", () => {
  const step = fc.oneof(
    { weight: 3, arbitrary: fc.record({ at: fc.nat(20), kind: fc.nat(255), subject: fc.nat() }) },
    { weight: 2, arbitrary: fc.constant(null) },
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 400 }), (steps) => {
      const queue = new EventQueue();
      const naive: Announced[] = [];
      for (const one of steps) {
        if (one !== null) {
          queue.push(one.at, one.kind, one.subject);
          naive.push(one);
        } else if (naive.length > 0) {
          const first = naive.reduce((a, b) => (b.at < a.at ? b : a));
          naive.splice(naive.indexOf(first), 1);
          const { nextAt: at, nextKind: kind, nextSubject: subject } = queue;
          expect({ at, kind, subject }).toEqual(first);
          queue.pop();
        }
        expect(queue.length).toBe(naive.length);
      }
      expect(queue.nextAt).toBe(
        naive.length > 0 ? Math.min(...naive.map(({ at }) => at)) : Number.POSITIVE_INFINITY,
      );
    }),
  );
});

test("what happens never takes no room", () => {
  const queue = new EventQueue();
  queue.push(Number.POSITIVE_INFINITY, 1, 1);
  expect(queue.length).toBe(0);
});
