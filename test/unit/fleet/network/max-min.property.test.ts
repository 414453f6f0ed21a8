import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FlowNetwork } from "../../../../src/fleet/network/flow-network.js";
import { fairRates, type OracleFlow } from "./fair-rates.js";

interface Tracked extends OracleFlow {
  readonly bytes: number;
  readonly sequence: number;
}

const LINKS = 6;
const capacity = fc.oneof(
  fc.constantFrom(0, 1e9, 1e9, 2e9, 1.25e9),
  fc.double({ min: 1e8, max: 1e10, noNaN: true }),
);
const cap = fc.oneof(
  fc.constantFrom(Infinity, 5e8, 5e8, 2.5e8, 0),
  fc.double({ min: 1e7, max: 3e9, noNaN: true }),
);
const start = fc.record({
  kind: fc.constant("start" as const),
  route: fc.uniqueArray(fc.nat(LINKS - 1), { minLength: 1, maxLength: 4 }),
  crossRoute: fc.uniqueArray(fc.nat(LINKS - 1), { maxLength: 3 }),
  crossShare: fc.constantFrom(0, 0, 0.05),
  bytes: fc.oneof(fc.constantFrom(0, 1, 1e9), fc.nat(2e9)),
  cap,
  weight: fc.constantFrom(1, 1, 1, 2, 0.5),
});
const operation = fc.oneof(
  { weight: 6, arbitrary: start },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("complete" as const) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("cancel" as const), which: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("cap" as const), which: fc.nat(), cap }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("capacity" as const),
      link: fc.nat(LINKS - 1),
      capacity,
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("wait" as const), ns: fc.nat(5e8) }) },
);
type Operation = typeof operation extends fc.Arbitrary<infer T> ? T : never;

/** Runs operations against the network and the oracle side by side. */
class SideBySide {
  readonly network: FlowNetwork;
  readonly flows = new Map<number, Tracked>();
  readonly carried = new Array<number>(LINKS).fill(0);
  readonly ended: number[] = [];
  #now = 0;
  #started = 0;

  constructor(readonly capacities: number[]) {
    this.network = new FlowNetwork(capacities);
  }

  step(operation: Operation): void {
    const { network } = this;
    if (operation.kind === "start") this.#start(operation);
    else if (operation.kind === "wait") this.#waitUntil(this.#now + operation.ns);
    else if (operation.kind === "complete") {
      const next = network.nextCompletion();
      if (next < Infinity) this.#waitUntil(next);
    } else if (operation.kind === "capacity") {
      this.capacities[operation.link] = operation.capacity;
      network.setCapacity(this.#now, operation.link, operation.capacity);
    } else {
      const ids = [...this.flows.keys()];
      const id = ids[operation.which % Math.max(1, ids.length)];
      if (id === undefined) return;
      if (operation.kind === "cancel") this.#end(id, network.cancel(this.#now, id));
      else {
        network.setCap(this.#now, id, operation.cap);
        this.flows.set(id, { ...(this.flows.get(id) as Tracked), cap: operation.cap });
      }
    }
    this.check();
  }

  #start(demand: Operation & { kind: "start" }): void {
    const id = this.network.start(this.#now, demand);
    const crossings = new Map(demand.route.map((link) => [link, 1]));
    for (const link of demand.crossShare > 0 ? demand.crossRoute : []) {
      crossings.set(link, (crossings.get(link) ?? 0) + demand.crossShare);
    }
    const { bytes, cap, weight } = demand;
    expect(this.flows.has(id)).toBe(false);
    this.flows.set(id, { crossings, cap, weight, bytes, sequence: this.#started++ });
    if (bytes === 0) {
      expect(this.network.nextCompletion()).toBe(this.#now);
      this.#waitUntil(this.#now);
    }
  }

  #waitUntil(instant: number): void {
    for (let next = this.network.nextCompletion(); next <= instant; ) {
      expect(next).toBeGreaterThanOrEqual(this.#now);
      this.#now = next;
      let before = -1;
      for (let id = this.network.complete(next); id !== null; id = this.network.complete(next)) {
        const { bytes, sequence } = this.flows.get(id) as Tracked;
        expect(sequence).toBeGreaterThan(before);
        before = sequence;
        this.#end(id, bytes);
      }
      next = this.network.nextCompletion();
    }
    this.#now = instant;
  }

  #end(id: number, bytes: number): void {
    const { crossings, bytes: all, sequence } = this.flows.get(id) as Tracked;
    expect(bytes).toBeLessThanOrEqual(all);
    for (const [link, share] of crossings) {
      this.carried[link] = (this.carried[link] as number) + share * bytes;
    }
    this.ended.push(sequence);
    this.flows.delete(id);
  }

  check(): void {
    const ids = [...this.flows.keys()];
    const flows = ids.map((id) => this.flows.get(id) as Tracked);
    const rates = fairRates(this.capacities, flows);
    ids.forEach((id, i) => {
      const rate = this.network.rateOf(id);
      expect(Math.abs(rate - (rates[i] as number))).toBeLessThanOrEqual(
        1e-9 * (rates[i] as number),
      );
    });
    expect(this.network.size).toBe(ids.length);
    this.capacities.forEach((most, link) => {
      let load = 0;
      let carried = this.carried[link] as number;
      flows.forEach(({ crossings, bytes }, i) => {
        const share = crossings.get(link) ?? 0;
        const id = ids[i] as number;
        load += share * this.network.rateOf(id);
        carried += share * (bytes - this.network.remainingOf(id, this.#now));
      });
      expect(load).toBeLessThanOrEqual(most * (1 + 1e-9));
      const seen = this.network.carried(link, this.#now);
      expect(Math.abs(seen - carried)).toBeLessThanOrEqual(1e-9 * carried);
    });
  }
}

describe("the max-min fair levels", () => {
  const scene = fc.tuple(
    fc.array(capacity, { minLength: LINKS, maxLength: LINKS }),
    fc.array(operation, { maxLength: 60 }),
  );

  test("are the textbook's after any starts, ends, cancels and changes", () => {
    fc.assert(
      fc.property(scene, ([capacities, operations]) => {
        const both = new SideBySide([...capacities]);
        for (const one of operations) both.step(one);
      }),
      { numRuns: 300 },
    );
  });

  test("end flows in the same order when everything is done again", () => {
    fc.assert(
      fc.property(scene, ([capacities, operations]) => {
        const [first, second] = [0, 1].map(() => {
          const both = new SideBySide([...capacities]);
          for (const one of operations) both.step(one);
          return both.ended;
        });
        expect(second).toEqual(first);
      }),
      { numRuns: 50 },
    );
  });
});
