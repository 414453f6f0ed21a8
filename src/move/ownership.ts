/**
 * Who owns a machine that moves: as pure functions, so that a test can go through everything that may happen.
 *
 * The source owns it until the target has received `commit`; from then on the target does. That is one place,
 * and it needs no clock. After `commit` has left and before the target's answer came, the source is in doubt:
 * it keeps its frozen copy, runs nothing, and asks. Whatever a peer is told is a fact that stays true, so an
 * answer that is late, or comes twice, does no harm: a target that has dropped its copy refuses for ever, one
 * that has received `commit` has it for ever. The only word that can be overtaken is `ready`, and only by the
 * drop; the commit that it brings about is then refused.
 *
 * A channel that was cut, misbehaved or was silent for too long is given up for good by whoever noticed. The
 * next has a higher number, and what still comes from an older one is not heard.
 */

/** Number of a move's channel: 1 is the one it began on, each rejoin has the next. */
export type ChannelNumber = number;
/** Number of an epoch: a state of the machine that the source could resume from; 0 is that of the switchover. */
export type Epoch = number;

/** What the source tells the target. */
export type WordOfSource =
  /** The machine stands at the source; its last pages and its state have been sent. */
  | { readonly kind: "handover" }
  /** The machine is yours. */
  | { readonly kind: "commit" }
  /** The move is given up; the machine runs at the source. */
  | { readonly kind: "abort"; readonly reason: string }
  /** First word on a new channel: what became of it? Says the last epoch that is complete here. */
  | { readonly kind: "rejoin"; readonly epoch: Epoch }
  /** The copy here is freed: nothing will be asked any more. */
  | { readonly kind: "released" }
  | { readonly kind: "epoch-applied"; readonly epoch: Epoch };

/** What the target tells the source. */
export type WordOfTarget =
  /** The machine will be taken in by this process. */
  | { readonly kind: "accept"; readonly incarnation: string }
  /** All that the switchover needs has come and is proved. */
  | { readonly kind: "ready" }
  /** The copy here is dropped, and no commit of this move will be obeyed any more. */
  | { readonly kind: "refused"; readonly reason: string }
  /** The commit was received. Whole: no page is missing any more. */
  | { readonly kind: "running"; readonly isWhole: boolean }
  /** A later state of the machine: the pages written since epoch `since`, and the state beside them. */
  | { readonly kind: "epoch"; readonly epoch: Epoch; readonly since: Epoch }
  /** This process has never heard of the move. */
  | { readonly kind: "unknown"; readonly incarnation: string }
  /** The machine was here, had its commit, and is broken; it will never run again. */
  | { readonly kind: "gone"; readonly reason: string };

/** What happens to either side besides words. */
export type Incident =
  /** The channel closed, failed, broke the format, or was silent beyond the limit. */
  | { readonly kind: "cut"; readonly channel: ChannelNumber; readonly reason: string }
  /** The peer's process has ended for certain: proved, or declared by an operator who answers for it. */
  | { readonly kind: "peer-dead"; readonly reason: string }
  /** The operator, or a limit, wants the move given up. */
  | { readonly kind: "abort"; readonly reason: string };

/** A word that arrived. */
export interface Heard<Word> {
  readonly kind: "heard";
  readonly channel: ChannelNumber;
  readonly word: Word;
}

/** What to do next, in this order. */
export interface Step<State, Effect> {
  readonly state: State;
  readonly effects: readonly Effect[];
}

/** Said on a channel; nothing happens when it is closed. */
export interface Say<Word> {
  readonly kind: "say";
  readonly channel: ChannelNumber;
  readonly word: Word;
}

export type CloseChannel = { readonly kind: "close"; readonly channel: ChannelNumber };
