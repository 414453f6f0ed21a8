/** A flow as the oracle sees it: every link it crosses, with its share of it. */
export interface OracleFlow {
  readonly crossings: ReadonlyMap<number, number>;
  readonly cap: number;
  readonly weight: number;
}

/**
 * Weighted max-min fair rates by progressive filling, as the textbook says it: all levels rise together;
 * flows stop at their caps, and where a link is full all its flows stop.
 */
export function fairRates(capacities: readonly number[], flows: readonly OracleFlow[]): number[] {
  const rates = flows.map(() => 0);
  const rising = new Set(flows.keys());
  const flowOf = (i: number): OracleFlow => flows[i] as OracleFlow;
  while (rising.size > 0) {
    let level = Infinity;
    const full: number[] = [];
    const levels = capacities.map((capacity, link) => {
      let left = capacity;
      let weight = 0;
      flows.forEach(({ crossings, weight: own }, i) => {
        const share = crossings.get(link) ?? 0;
        if (rising.has(i)) weight += share * own;
        else left -= share * (rates[i] as number);
      });
      return weight > 0 ? Math.max(0, left) / weight : Infinity;
    });
    for (const one of levels) level = Math.min(level, one);
    for (const i of rising) level = Math.min(level, flowOf(i).cap / flowOf(i).weight);
    levels.forEach((one, link) => {
      if (one <= level * (1 + 1e-13)) full.push(link);
    });
    for (const i of [...rising]) {
      const { cap, weight, crossings } = flowOf(i);
      if (cap / weight > level * (1 + 1e-13) && !full.some((link) => crossings.has(link))) continue;
      rates[i] = Math.min(cap, level * weight);
      rising.delete(i);
    }
  }
  return rates;
}
