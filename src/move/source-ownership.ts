import type {
  ChannelNumber,
  CloseChannel,
  Epoch,
  Heard,
  Incident,
  Say,
  Step,
  WordOfSource,
  WordOfTarget,
} from "./ownership.js";

/** Where the source stands in a move. */
export type SourceOwnership =
  /** It runs here, and its pages are on their way. `incarnation` is the target's process, once it has accepted. */
  | { readonly phase: "pushing"; readonly channel: ChannelNumber; readonly incarnation: string }
  /** It stands here, and is still ours. */
  | {
      readonly phase: "handing-over";
      readonly channel: ChannelNumber;
      readonly incarnation: string;
    }
  /** Commit has left: it stands here, and may run there. */
  | ({ readonly phase: "in-doubt" } & Lent)
  /** It runs there and lacks pages that are here. `epoch` is the last one that is complete here. */
  | ({ readonly phase: "serving"; readonly epoch: Epoch } & Lent)
  /** The move has failed and it runs here. `epoch`: it ran there after that, and what it did since is lost. */
  | { readonly phase: "kept"; readonly reason: string; readonly epoch: Epoch | null }
  /** It is the target's alone; nothing of it is here. */
  | { readonly phase: "released" };

/** A machine whose frozen copy is kept for the target, or for the case that the target dies. */
interface Lent {
  /** The last channel, whether or not it is open. */
  readonly channel: ChannelNumber;
  readonly isConnected: boolean;
  readonly incarnation: string;
}

export type SourceEvent =
  | Heard<WordOfTarget>
  | Incident
  /** The machine has been stopped, its last pages and its state were sent. */
  | { readonly kind: "stopped" }
  /** A new channel to the target's address has opened. */
  | { readonly kind: "redialled"; readonly channel: ChannelNumber };

export type SourceEffect =
  | Say<WordOfSource>
  | CloseChannel
  /** Dial the target's address until it answers or is known to be dead. */
  | { readonly kind: "redial" }
  /** Let the machine run here, from this epoch. */
  | { readonly kind: "resume"; readonly epoch: Epoch }
  /** Take a complete epoch over into the frozen copy, all at once. */
  | { readonly kind: "apply-epoch"; readonly epoch: Epoch }
  /** Forget the frozen copy. */
  | { readonly kind: "free" };

type SourceStep = Step<SourceOwnership, SourceEffect>;
type Pushing = SourceOwnership & { phase: "pushing" | "handing-over" };
type Lending = SourceOwnership & { phase: "in-doubt" | "serving" };

/** A move begins on channel 1. */
export function newSource(): SourceOwnership {
  return { phase: "pushing", channel: 1, incarnation: "" };
}

/** What becomes of the source's part, and what it does, when something happens. */
export function stepSource(state: SourceOwnership, event: SourceEvent): SourceStep {
  switch (state.phase) {
    case "pushing":
    case "handing-over":
      return beforeCommit(state, event);
    case "in-doubt":
    case "serving":
      return afterCommit(state, event);
    default:
      return stay(state);
  }
}

/** Whatever goes wrong now leaves the machine here. */
function beforeCommit(state: Pushing, event: SourceEvent): SourceStep {
  switch (event.kind) {
    case "stopped":
      if (state.phase !== "pushing") return stay(state);
      return step({ ...state, phase: "handing-over" }, say(state, { kind: "handover" }));
    case "abort":
      return keep(state, event.reason, [say(state, { kind: "abort", reason: event.reason })]);
    case "peer-dead":
      return keep(state, event.reason);
    case "cut":
      return event.channel === state.channel ? keep(state, event.reason) : stay(state);
    case "heard":
      return event.channel === state.channel ? hearBeforeCommit(state, event.word) : stay(state);
    case "redialled":
      return step(state, { kind: "close", channel: event.channel });
  }
}

function hearBeforeCommit(state: Pushing, word: WordOfTarget): SourceStep {
  switch (word.kind) {
    case "accept":
      return stay({ ...state, incarnation: word.incarnation });
    case "ready": {
      if (state.phase !== "handing-over") return stay(state);
      const { channel, incarnation } = state;
      const lent = { channel, incarnation, isConnected: true };
      return step({ phase: "in-doubt", ...lent }, say(state, { kind: "commit" }));
    }
    case "refused":
    case "gone":
      return keep(state, word.reason);
    case "unknown":
      return keep(state, "the target does not know of this move");
    default:
      return stay(state);
  }
}

/** The target may have it: nothing but its own word, or its proven death, brings the machine back. */
function afterCommit(state: Lending, event: SourceEvent): SourceStep {
  switch (event.kind) {
    case "peer-dead":
      return recover(state, event.reason);
    case "cut": {
      if (!state.isConnected || event.channel !== state.channel) return stay(state);
      const close = { kind: "close", channel: state.channel } as const;
      return step({ ...state, isConnected: false }, close, { kind: "redial" });
    }
    case "redialled": {
      const { channel } = event;
      if (state.isConnected || channel <= state.channel)
        return step(state, { kind: "close", channel });
      const epoch = epochOf(state);
      return step({ ...state, channel, isConnected: true }, say(event, { kind: "rejoin", epoch }));
    }
    case "heard": {
      const isCurrent = state.isConnected && event.channel === state.channel;
      return isCurrent ? hearAfterCommit(state, event.word) : stay(state);
    }
    default:
      return stay(state);
  }
}

function hearAfterCommit(state: Lending, word: WordOfTarget): SourceStep {
  switch (word.kind) {
    case "running": {
      if (word.isWhole)
        return step({ phase: "released" }, { kind: "free" }, say(state, { kind: "released" }), {
          kind: "close",
          channel: state.channel,
        });
      return stay({ ...state, phase: "serving", epoch: epochOf(state) });
    }
    case "refused":
      // Of a machine that runs there nobody can say this any more.
      return state.phase === "in-doubt" ? keep(state, word.reason) : stay(state);
    case "gone":
      return recover(state, word.reason);
    case "unknown":
      // The process that accepted would know; another one at its address proves that it has ended.
      if (word.incarnation === state.incarnation) return stay(state);
      return recover(state, "the target's process has ended, another one is in its place");
    case "epoch":
      return takeEpoch(state, word);
    default:
      return stay(state);
  }
}

/** An epoch fits when nothing lies between it and what is complete here. */
function takeEpoch(state: Lending, word: WordOfTarget & { kind: "epoch" }): SourceStep {
  const { epoch, since } = word;
  if (state.phase !== "serving" || since > state.epoch || epoch <= state.epoch) return stay(state);
  const applied = say(state, { kind: "epoch-applied", epoch });
  return step({ ...state, epoch }, { kind: "apply-epoch", epoch }, applied);
}

/** The target has never run it. */
function keep(
  state: Pushing | Lending,
  reason: string,
  words: readonly SourceEffect[] = [],
): SourceStep {
  const close = { kind: "close", channel: state.channel } as const;
  const kept = { phase: "kept", reason, epoch: null } as const;
  if (state.phase === "pushing") return step(kept, ...words, close);
  return step(kept, { kind: "resume", epoch: 0 }, ...words, close);
}

/** The target has died, and may have run it. */
function recover(state: Lending, reason: string): SourceStep {
  const epoch = epochOf(state);
  const close = { kind: "close", channel: state.channel } as const;
  return step({ phase: "kept", reason, epoch }, { kind: "resume", epoch }, close);
}

function epochOf(state: Lending): Epoch {
  return state.phase === "serving" ? state.epoch : 0;
}

function stay(state: SourceOwnership): SourceStep {
  return { state, effects: [] };
}

function step(state: SourceOwnership, ...effects: SourceEffect[]): SourceStep {
  return { state, effects };
}

function say({ channel }: { channel: ChannelNumber }, word: WordOfSource): Say<WordOfSource> {
  return { kind: "say", channel, word };
}
