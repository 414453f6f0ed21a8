/** What can be run at the points of a sweep, by the word in its file. */
export const KIND_NAMES = ["simulate", "predict", "fleet"] as const;

/** One of them. */
export type KindName = (typeof KIND_NAMES)[number];
