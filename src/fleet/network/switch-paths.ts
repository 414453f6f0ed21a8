import type { Nanoseconds } from "../../units.js";
import { Heap, type HeapItem } from "./heap.js";

/** A link from one switch to another. */
export interface SwitchLink {
  readonly link: number;
  readonly to: number;
  readonly latencyNs: Nanoseconds;
}

interface Reached extends HeapItem {
  readonly node: number;
}

/** What a hop adds to a latency, so that among equally near ways the one with fewer hops is taken. */
export const HOP: number = 2 ** -16;
/** Entries of trees that are kept; beyond them all are forgotten and made anew when wanted. */
const MOST_KEPT = 2 ** 22;

/** The shortest ways from one switch to all others. */
interface Tree {
  /** Latency, and 2^-16 for each hop; Infinity where no way leads. */
  readonly distance: Float64Array;
  /** The last link of the way, and the switch it comes from. */
  readonly link: Int32Array;
  readonly from: Int32Array;
}

/** Shortest ways between switches, by latency and then by hops (Dijkstra), found when they are first wanted. */
export class SwitchPaths {
  readonly #links: readonly (readonly SwitchLink[])[];
  readonly #trees = new Map<number, Tree>();

  /** @param links - that leave each switch. */
  constructor(links: readonly (readonly SwitchLink[])[]) {
    this.#links = links;
  }

  /** Latency in ns, with a fraction for the hops; Infinity where no way leads. */
  distance(from: number, to: number): number {
    return this.#tree(from).distance[to] as number;
  }

  /** The links of the way, in its order. */
  path(from: number, to: number): number[] {
    const tree = this.#tree(from);
    const links: number[] = [];
    for (let node = to; node !== from; node = tree.from[node] as number) {
      links.push(tree.link[node] as number);
    }
    return links.reverse();
  }

  #tree(from: number): Tree {
    const known = this.#trees.get(from);
    if (known) return known;
    if ((this.#trees.size + 1) * this.#links.length > MOST_KEPT) this.#trees.clear();
    const tree = this.#grow(from);
    this.#trees.set(from, tree);
    return tree;
  }

  #grow(root: number): Tree {
    const switches = this.#links.length;
    const distance = new Float64Array(switches).fill(Infinity);
    const link = new Int32Array(switches).fill(-1);
    const from = new Int32Array(switches).fill(-1);
    const reached: Reached[] = [];
    const nearest = new Heap<Reached>();
    const reach = (node: number, at: number): void => {
      distance[node] = at;
      const known = reached[node];
      if (known) nearest.rekey(known, at);
      else {
        reached[node] = { node, place: -1 };
        nearest.add(reached[node], at);
      }
    };
    reach(root, 0);
    while (nearest.size > 0) {
      const { top } = nearest;
      nearest.remove(top);
      for (const way of this.#links[top.node] as readonly SwitchLink[]) {
        const at = (distance[top.node] as number) + way.latencyNs + HOP;
        if (at >= (distance[way.to] as number)) continue;
        link[way.to] = way.link;
        from[way.to] = top.node;
        reach(way.to, at);
      }
    }
    return { distance, link, from };
  }
}
