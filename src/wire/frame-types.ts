/**
 * What a frame is about. The numbers of all conversations are here, so that no two mean different things;
 * a number that was ever published is never given to something else. 0 is none.
 */

/** Before anything else: who speaks, and what for. Numbers 1 .. 15. */
export const SESSION_FRAMES = {
  challenge: 1,
  answer: 2,
  proof: 3,
  open: 4,
  opened: 5,
  refused: 6,
} as const;

/** A machine on its way; see move-messages.ts. Numbers 16 .. 63. */
export const MOVE_FRAMES = {
  offer: 16,
  accept: 17,
  refuse: 18,
  pages: 19,
  acknowledge: 20,
  preview: 21,
  previewed: 22,
  state: 23,
  ready: 24,
  commit: 25,
  running: 26,
  released: 27,
  request: 28,
  epoch: 29,
  heartbeat: 30,
  abort: 31,
  statePages: 32,
  absent: 33,
  sync: 34,
  complete: 35,
  digests: 36,
  rejoin: 37,
  unknown: 38,
  gone: 39,
  epochApplied: 40,
} as const;

/** A host and who commands it. Numbers 64 .. 95. */
export const CONTROL_FRAMES = {
  call: 64,
  answered: 65,
  event: 66,
  console: 67,
  file: 68,
} as const;

type Values<T> = T[keyof T];

/** The number of a kind of frame. */
export type FrameType =
  | Values<typeof SESSION_FRAMES>
  | Values<typeof MOVE_FRAMES>
  | Values<typeof CONTROL_FRAMES>;

const NAMES: ReadonlyMap<number, string> = new Map(
  [SESSION_FRAMES, MOVE_FRAMES, CONTROL_FRAMES].flatMap((table) =>
    Object.entries(table).map(([name, type]) => [type, name] as const),
  ),
);

/** Whether a number is the type of some frame. */
export function isFrameType(type: number): type is FrameType {
  return NAMES.has(type);
}

/** The name of a type, for people; unknown ones are named by their number. */
export function frameName(type: number): string {
  return NAMES.get(type) ?? `type ${type}`;
}
