import { describe, expect, test } from "vitest";
import { FlowNetwork } from "../../../../src/fleet/network/flow-network.js";

const SECOND = 1e9;

/** Runs until nothing is left, and answers who ended when. */
function ends(network: FlowNetwork): [number, number][] {
  const seen: [number, number][] = [];
  for (;;) {
    const now = network.nextCompletion();
    if (now === Infinity) return seen;
    for (let id = network.complete(now); id !== null; id = network.complete(now)) {
      seen.push([id, now]);
    }
  }
}

describe("a network of flows", () => {
  test("two flows halve a link until one ends", () => {
    const network = new FlowNetwork([1e9]);
    network.start(0, { route: [0], bytes: 1e9, cap: Infinity });
    network.start(0, { route: [0], bytes: 2e9, cap: Infinity });
    expect(ends(network)).toEqual([
      [0, 2 * SECOND],
      [1, 3 * SECOND],
    ]);
    expect(network.carried(0, 3 * SECOND)).toBe(3e9);
  });

  test("what one bottleneck leaves is shared at the next", () => {
    const network = new FlowNetwork([1e9, 3e8]);
    const long = network.start(0, { route: [0, 1], bytes: 1e9, cap: Infinity });
    const short = network.start(0, { route: [0], bytes: 1e9, cap: Infinity });
    expect([network.rateOf(long), network.rateOf(short)]).toEqual([3e8, 7e8]);
  });

  test("weights divide, and caps leave the rest to the others", () => {
    const network = new FlowNetwork([9e8]);
    const heavy = network.start(0, { route: [0], bytes: 1e9, cap: Infinity, weight: 2 });
    const light = network.start(0, { route: [0], bytes: 1e9, cap: Infinity });
    expect([network.rateOf(heavy), network.rateOf(light)]).toEqual([6e8, 3e8]);
    network.setCap(0, heavy, 1e8);
    expect([network.rateOf(heavy), network.rateOf(light)]).toEqual([1e8, 8e8]);
  });

  test("the way back of a shared link takes its share of it", () => {
    const network = new FlowNetwork([1.05e9]);
    const demand = { route: [0], crossRoute: [0], crossShare: 0.05, bytes: 1e9, cap: Infinity };
    expect(network.rateOf(network.start(0, demand))).toBe(1e9);
  });

  test("a link that is down stops its flows, and they go on when it is back", () => {
    const network = new FlowNetwork([1e9]);
    const flow = network.start(0, { route: [0], bytes: 1e9, cap: Infinity });
    network.setCapacity(SECOND / 4, 0, 0);
    expect(network.nextCompletion()).toBe(Infinity);
    expect(network.remainingOf(flow, SECOND / 2)).toBe(7.5e8);
    network.setCapacity(SECOND, 0, 1e9);
    expect(ends(network)).toEqual([[flow, 1.75 * SECOND]]);
  });

  test("ends are whole nanoseconds, rounded up", () => {
    const network = new FlowNetwork([3e9]);
    network.start(0, { route: [0], bytes: 1, cap: Infinity });
    expect(network.nextCompletion()).toBe(1);
  });

  test("flows without bytes or without a limit end at once, in their order among the others", () => {
    const network = new FlowNetwork([1e9]);
    const first = network.start(0, { route: [0], bytes: 1e9, cap: Infinity });
    const empty = network.start(SECOND, { route: [0], bytes: 0, cap: 0 });
    const local = network.start(SECOND, { route: [], bytes: 5, cap: Infinity });
    expect(ends(network)).toEqual([first, empty, local].map((id) => [id, SECOND]));
  });

  test("numbers are given again, and order is that of starting", () => {
    const network = new FlowNetwork([1e9]);
    const start = (): number => network.start(0, { route: [0], bytes: 1e6, cap: Infinity });
    const [a, b] = [start(), start()];
    expect(network.cancel(0, a)).toBe(0);
    const c = start();
    expect(c).toBe(a);
    expect(ends(network).map(([id]) => id)).toEqual([b, c]);
  });

  test("a flow that is cancelled says what it carried, even where its end is due", () => {
    const network = new FlowNetwork([1e9]);
    const one = network.start(0, { route: [0], bytes: 1e9, cap: 5e8 });
    const two = network.start(0, { route: [0], bytes: 5e8, cap: 5e8 });
    const three = network.start(0, { route: [], bytes: 5e8, cap: 5e8 });
    expect(network.complete(SECOND)).toBe(two);
    expect(network.cancel(SECOND, three)).toBe(5e8);
    expect(network.cancel(SECOND, one)).toBe(5e8);
    expect(network.complete(SECOND)).toBeNull();
    expect([network.size, network.carried(0, SECOND)]).toEqual([0, 1e9]);
  });

  test("time does not go back", () => {
    const network = new FlowNetwork([1e9]);
    network.start(5, { route: [0], bytes: 1, cap: 1 });
    expect(() => network.complete(4)).toThrow(/back/);
  });
});
