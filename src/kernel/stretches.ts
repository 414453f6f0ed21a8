/** Things from `from` to before `to`. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
}

/** Cuts [0, count) into stretches of nearly the same length, none of them empty; at most `most`. */
export function stretches(count: number, most: number): Stretch[] {
  const parts = Math.min(count, most);
  return Array.from({ length: parts }, (_, index) => ({
    from: Math.floor((index * count) / parts),
    to: Math.floor(((index + 1) * count) / parts),
  }));
}
