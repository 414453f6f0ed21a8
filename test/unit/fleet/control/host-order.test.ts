import fc from "fast-check";
import { expect, test } from "vitest";
import { FitTree } from "../../../../src/fleet/control/fit-tree.js";
import { HostOrder } from "../../../../src/fleet/control/host-order.js";

const HOSTS = 9;
const changes = fc.array(
  fc.record({
    host: fc.nat({ max: HOSTS - 1 }),
    key: fc.oneof(fc.integer({ min: 0, max: 5 }), fc.constant(Number.NaN)),
  }),
);

test("hosts stay in order whatever changes", () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat({ max: 5 }), { minLength: HOSTS, maxLength: HOSTS }),
      changes,
      (start, steps) => {
        const keys = [...start];
        const order = new HostOrder(HOSTS);
        order.fill(keys);
        for (const { host, key } of steps) {
          keys[host] = key;
          order.set(host, key);
        }
        const key = (host: number): number => keys[host] ?? Number.NaN;
        const expected = [...keys.keys()]
          .filter((host) => !Number.isNaN(key(host)))
          .sort((a, b) => key(a) - key(b) || a - b);
        expect(Array.from({ length: order.length }, (_, place) => order.at(place))).toEqual(
          expected,
        );
        expect(order.placeOf(3)).toBe(expected.filter((host) => key(host) < 3).length);
      },
    ),
  );
});

test("the tree finds the first host with enough of both", () => {
  const free = fc.record({ bytes: fc.nat({ max: 9 }), cpu: fc.nat({ max: 9 }) });
  fc.assert(
    fc.property(
      fc.array(free, { minLength: 1, maxLength: 20 }),
      free,
      fc.nat({ max: 25 }),
      (hosts, need, from) => {
        const tree = new FitTree(hosts.length);
        hosts.forEach(({ bytes, cpu }, host) => {
          tree.set(host, bytes, cpu);
        });
        const expected = hosts.findIndex(
          ({ bytes, cpu }, host) => host >= from && bytes >= need.bytes && cpu >= need.cpu,
        );
        expect(tree.first(from, need.bytes, need.cpu)).toBe(expected);
      },
    ),
  );
});
