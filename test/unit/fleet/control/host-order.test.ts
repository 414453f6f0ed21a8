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

test("thousands of hosts stay in order while blocks split and empty", () => {
  const hosts = 5000;
  const order = new HostOrder(hosts);
  const keys = Float64Array.from({ length: hosts }, (_, host) => (host * 7919) % 97);
  order.fill(keys);
  for (let step = 0; step < 20_000; step += 1) {
    const host = (step * 104_729) % hosts;
    // First nearly all crowd together, then all leave.
    keys[host] = step < 10_000 ? 50 + (step % 3) : Number.NaN;
    order.set(host, keys[host] ?? Number.NaN);
    if (step % 1000 !== 0) continue;
    const key = (one: number): number => keys[one] ?? Number.NaN;
    const expected = [...keys.keys()]
      .filter((one) => !Number.isNaN(key(one)))
      .sort((a, b) => key(a) - key(b) || a - b);
    expect(Array.from({ length: order.length }, (_, place) => order.at(place))).toEqual(expected);
  }
  expect(order.length).toBe(0);
  order.set(3, 1);
  expect([order.length, order.at(0), order.at(1), order.placeOf(2)]).toEqual([1, 3, -1, 1]);
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
