import type { BytesPerSecond, Nanoseconds } from "../../units.js";
import type { Bundle, Use } from "./bundle.js";
import type { LinkId } from "./flow.js";
import { Heap } from "./heap.js";
import { Pace } from "./pace.js";

/** After so many changes the sums are taken anew, so that rounding does not add up. */
const CHANGES_BETWEEN_SUMS = 1000;

/**
 * A link that its flows could overload. It holds back its members, the bundles for which it is the
 * narrowest place: they share what the others leave at one level, and no other bundle is above that level.
 */
export class Bottleneck {
  readonly link: LinkId;
  capacity: BytesPerSecond = Number.NaN;
  /** The members' pace; its level is Infinity while there are none. */
  readonly pace: Pace = new Pace(Infinity);
  /** Members, by the level of their caps: the first to need less than the level. */
  readonly members: Heap<Use> = new Heap();
  /** Members that cross other contended links as well, which have to know when the level changes. */
  readonly coupled: Use[] = [];
  /** Bundles held back elsewhere, the highest level first. */
  readonly others: Heap<Use> = new Heap();
  /** Whether it has to be settled again. */
  isDirty = false;
  /** What one unit of level costs: the members' weights times their shares. */
  #memberWeight: number = Number.NaN;
  /** What the others take. */
  #elsewhere: BytesPerSecond = Number.NaN;
  #changes = 0;

  constructor(link: LinkId, capacity: BytesPerSecond) {
    this.link = link;
    this.capacity = capacity;
    this.#memberWeight = 0;
    this.#elsewhere = 0;
  }

  /** The level at which the members fill what the others leave; without members Infinity if the others fit. */
  fairLevel(tolerance: number): BytesPerSecond {
    if (this.#changes > CHANGES_BETWEEN_SUMS) this.#sum();
    if (this.others.size === 0) this.#elsewhere = 0;
    if (this.members.size === 0) {
      this.#memberWeight = 0;
      return this.#elsewhere <= this.capacity * (1 + tolerance) ? Infinity : 0;
    }
    // What rounding leaves of a link that is down must not make its flows creep on.
    if (this.capacity === 0) return 0;
    return Math.max(0, (this.capacity - this.#elsewhere) / this.#memberWeight);
  }

  /** A flow of a bundle starts here (weight above 0) or ends (below 0). */
  weigh(use: Use, weight: number): void {
    this.#changes++;
    const { bottleneck, pace } = use.bundle;
    if (bottleneck === this) this.#memberWeight += use.share * weight;
    else this.#elsewhere += use.share * weight * pace.level;
  }

  addMember(use: Use): void {
    this.#changes++;
    this.#memberWeight += use.share * use.bundle.weight;
    this.members.add(use, use.bundle.capLevel);
    if (use.bundle.uses.length > 1) use.coupledPlace = this.coupled.push(use) - 1;
  }

  removeMember(use: Use): void {
    this.#changes++;
    this.#memberWeight -= use.share * use.bundle.weight;
    this.members.remove(use);
    if (use.coupledPlace < 0) return;
    const last = this.coupled.pop() as Use;
    if (last !== use) {
      this.coupled[use.coupledPlace] = last;
      last.coupledPlace = use.coupledPlace;
    }
    use.coupledPlace = -1;
  }

  addOther(use: Use, level: BytesPerSecond): void {
    this.#changes++;
    this.#elsewhere += use.share * use.bundle.weight * level;
    this.others.add(use, -level);
  }

  removeOther(use: Use): void {
    this.#changes++;
    this.#elsewhere += use.share * use.bundle.weight * this.others.keyOf(use);
    this.others.remove(use);
  }

  /** A bundle held back elsewhere goes on at another level. */
  changeOther(use: Use, level: BytesPerSecond): void {
    this.#changes++;
    this.#elsewhere += use.share * use.bundle.weight * (level + this.others.keyOf(use));
    this.others.rekey(use, -level);
  }

  /** The others' highest level. */
  highestOther(): BytesPerSecond {
    return -this.others.topKey;
  }

  #sum(): void {
    this.#changes = 0;
    this.#memberWeight = 0;
    for (const { share, bundle } of this.members.items) this.#memberWeight += share * bundle.weight;
    this.#elsewhere = 0;
    for (const { share, bundle } of this.others.items) {
      this.#elsewhere += share * bundle.weight * bundle.pace.level;
    }
  }
}

/**
 * Puts a new bundle on its links. It begins at its cap, or as a member of its first link when it has none:
 * levels stay numbers.
 */
export function attach(bundle: Bundle, now: Nanoseconds): void {
  const to = bundle.capLevel === Infinity ? (bundle.uses[0] as Use).bottleneck : null;
  if (to !== null && to.members.size === 0) to.pace.change(0, now);
  const level = to === null ? bundle.capLevel : to.pace.level;
  for (const use of bundle.uses) {
    if (use.bottleneck === to) to.addMember(use);
    else use.bottleneck.addOther(use, level);
  }
  if (to !== null) bundle.follow(to, now);
}

/** Takes an empty bundle off one of its links. */
export function detach(use: Use): void {
  const { bundle, bottleneck } = use;
  if (bundle.bottleneck === bottleneck) bottleneck.removeMember(use);
  else bottleneck.removeOther(use);
}

/** Moves a bundle to where it is held back from now on: to one of its links, or to its cap (null). */
export function holdBack(
  bundle: Bundle,
  to: Bottleneck | null,
  now: Nanoseconds,
  dirty: (bottleneck: Bottleneck) => void,
): void {
  const from = bundle.bottleneck;
  // The first member brings its level along, so that nothing changes but the place.
  if (to !== null && to.members.size === 0) to.pace.change(bundle.pace.level, now);
  const level = to === null ? bundle.capLevel : to.pace.level;
  for (const use of bundle.uses) {
    const { bottleneck } = use;
    if (bottleneck === from) bottleneck.removeMember(use);
    else if (bottleneck !== to) {
      bottleneck.changeOther(use, level);
      dirty(bottleneck);
      continue;
    } else bottleneck.removeOther(use);
    if (bottleneck === to) bottleneck.addMember(use);
    else bottleneck.addOther(use, level);
    dirty(bottleneck);
  }
  bundle.follow(to, now);
}
