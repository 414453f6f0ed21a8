import type { BytesPerSecond } from "../../units.js";
import type { Bottleneck } from "./bottleneck.js";
import { Bundle, type Use } from "./bundle.js";

const level = new Float64Array(1);
const levelBits = new Int32Array(level.buffer);

/**
 * The contended links of a flow and its shares of them, while a bundle is looked for. It is filled anew for
 * every flow, so its arrays keep their length and only the count starts again.
 */
export class Signature {
  capLevel: BytesPerSecond = 0;
  readonly #bottlenecks: Bottleneck[] = [];
  readonly #shares: number[] = [];
  #size = 0;

  clear(): void {
    this.#size = 0;
  }

  add(bottleneck: Bottleneck, share: number): void {
    this.#bottlenecks[this.#size] = bottleneck;
    this.#shares[this.#size] = share;
    this.#size++;
  }

  hash(): number {
    level[0] = this.capLevel;
    let hash = (levelBits[0] as number) ^ Math.imul(levelBits[1] as number, 0x9e3779b1);
    for (let i = 0; i < this.#size; i++) {
      const { link } = this.#bottlenecks[i] as Bottleneck;
      hash = Math.imul(hash ^ link, 0x85ebca6b) ^ (hash >>> 15);
    }
    return hash | 0;
  }

  isOf({ capLevel, uses }: Bundle): boolean {
    if (capLevel !== this.capLevel || uses.length !== this.#size) return false;
    for (let i = 0; i < this.#size; i++) {
      const use = uses[i] as Use;
      if (use.bottleneck !== this.#bottlenecks[i] || use.share !== this.#shares[i]) return false;
    }
    return true;
  }

  /** A new bundle for it, still without flows. */
  bundle(): Bundle {
    const bundle = new Bundle(this.hash(), this.capLevel);
    for (let i = 0; i < this.#size; i++) {
      const bottleneck = this.#bottlenecks[i] as Bottleneck;
      const share = this.#shares[i] as number;
      bundle.uses.push({ bundle, bottleneck, share, place: -1, coupledPlace: -1 });
    }
    return bundle;
  }
}

/** The bundles there are, found by what their flows have in common. */
export class Bundles {
  readonly #byHash = new Map<number, Bundle>();

  /** The bundle of that signature; a new one has no flows and takes no part yet. */
  find(signature: Signature): Bundle {
    const hash = signature.hash();
    const first = this.#byHash.get(hash) ?? null;
    for (let bundle = first; bundle !== null; bundle = bundle.next) {
      if (signature.isOf(bundle)) return bundle;
    }
    const bundle = signature.bundle();
    bundle.next = first;
    this.#byHash.set(hash, bundle);
    return bundle;
  }

  forget(bundle: Bundle): void {
    let one = this.#byHash.get(bundle.hash) as Bundle;
    if (one !== bundle) {
      while (one.next !== bundle) one = one.next as Bundle;
      one.next = bundle.next;
    } else if (bundle.next !== null) this.#byHash.set(bundle.hash, bundle.next);
    else this.#byHash.delete(bundle.hash);
  }
}
