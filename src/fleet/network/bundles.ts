import type { BytesPerSecond } from "../../units.js";
import type { Bottleneck } from "./bottleneck.js";
import { Bundle } from "./bundle.js";

const level = new Float64Array(1);
const levelBits = new Int32Array(level.buffer);

/** The contended links of a flow and its shares of them, while a bundle is looked for. */
export class Signature {
  readonly bottlenecks: Bottleneck[] = [];
  readonly shares: number[] = [];
  capLevel: BytesPerSecond = 0;

  clear(): void {
    this.bottlenecks.length = 0;
    this.shares.length = 0;
  }

  add(bottleneck: Bottleneck, share: number): void {
    this.bottlenecks.push(bottleneck);
    this.shares.push(share);
  }

  hash(): number {
    level[0] = this.capLevel;
    let hash = (levelBits[0] as number) ^ Math.imul(levelBits[1] as number, 0x9e3779b1);
    for (const { link } of this.bottlenecks)
      hash = Math.imul(hash ^ link, 0x85ebca6b) ^ (hash >>> 15);
    return hash | 0;
  }

  isOf({ capLevel, uses }: Bundle): boolean {
    if (capLevel !== this.capLevel || uses.length !== this.bottlenecks.length) return false;
    for (let i = 0; i < uses.length; i++) {
      const use = uses[i];
      if (use?.bottleneck !== this.bottlenecks[i] || use?.share !== this.shares[i]) return false;
    }
    return true;
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
    const bundle = new Bundle(hash, signature.capLevel);
    signature.bottlenecks.forEach((bottleneck, i) => {
      bundle.uses.push({ bundle, bottleneck, share: signature.shares[i] as number, place: -1 });
    });
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
