/**
 * The value that a share of the samples lies below, between neighbours in proportion.
 *
 * @param {readonly number[]} samples - At least one, in any order.
 * @param {number} share - 0 to 1.
 */
export function quantile(samples, share) {
  const sorted = [...samples].sort((a, b) => a - b);
  const at = share * (sorted.length - 1);
  const low = Math.floor(at);
  const high = Math.min(low + 1, sorted.length - 1);
  return sorted[low] + (at - low) * (sorted[high] - sorted[low]);
}

/** @param {readonly number[]} samples */
export function median(samples) {
  return quantile(samples, 0.5);
}

/**
 * What the work costs when nothing disturbs it; steadier than the least of the samples.
 *
 * @param {readonly number[]} samples
 */
export function p10(samples) {
  return quantile(samples, 0.1);
}

/**
 * The same things in random order.
 *
 * @template T
 * @param {readonly T[]} things
 * @returns {T[]}
 */
export function shuffled(things) {
  const order = [...things];
  for (let left = order.length; left > 1; left--) {
    const chosen = Math.floor(Math.random() * left);
    [order[left - 1], order[chosen]] = [order[chosen], order[left - 1]];
  }
  return order;
}
