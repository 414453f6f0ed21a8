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

/** Where the target stands in a move. */
export type TargetOwnership =
  /** Pages come in. */
  | { readonly phase: "receiving"; readonly channel: ChannelNumber }
  /** It has said that it would obey a commit. Whole: no page would be missing then. */
  | { readonly phase: "ready"; readonly channel: ChannelNumber; readonly isWhole: boolean }
  | Running
  /** The copy was dropped before a commit came. For ever. */
  | { readonly phase: "refused"; readonly channel: ChannelNumber; readonly reason: string }
  /** It had its commit and broke down; it will never run here again. */
  | { readonly phase: "gone"; readonly channel: ChannelNumber; readonly reason: string };

/** The commit was received: it runs here, or stands where it needs a page that is missing. */
interface Running {
  readonly phase: "running";
  /** The last channel, whether or not it is open. */
  readonly channel: ChannelNumber;
  readonly isConnected: boolean;
  /** Whether all pages are here. */
  readonly isWhole: boolean;
  /** The source has freed its copy, and asks no more. */
  readonly isReleased: boolean;
  /** The source's process has ended: what is missing is lost. */
  readonly isSourceDead: boolean;
  /** The last epoch that was sent, and the last that the source has for certain. */
  readonly sentEpoch: Epoch;
  readonly appliedEpoch: Epoch;
}

export type TargetEvent =
  | Heard<WordOfSource>
  | Incident
  /** The state and all pages that the switchover needs are here and proved. */
  | { readonly kind: "proved"; readonly isWhole: boolean }
  /** The last absent page has come. */
  | { readonly kind: "whole" }
  /** It is time to send the source a later state. */
  | { readonly kind: "epoch-due" }
  /** What came cannot be used, or the machine has failed. */
  | { readonly kind: "broken"; readonly reason: string };

export type TargetEffect =
  | Say<WordOfTarget>
  | CloseChannel
  /** Prove what has come, then tell of it with `proved` or `broken`. */
  | { readonly kind: "prove" }
  /** Let the machine run here. */
  | { readonly kind: "run" }
  /** Destroy the machine that is here. */
  | { readonly kind: "drop" }
  /** What was written up to this epoch is safe at the source; what came after it must be sent again. */
  | { readonly kind: "settle-epoch"; readonly epoch: Epoch }
  /** Say which pages will never come. */
  | { readonly kind: "report-lost" };

type TargetStep = Step<TargetOwnership, TargetEffect>;
type Before = TargetOwnership & { phase: "receiving" | "ready" };
type Ended = TargetOwnership & { phase: "refused" | "gone" };

/** A machine has been offered, on a move's first channel. */
export function newTarget(): TargetOwnership {
  return { phase: "receiving", channel: 1 };
}

/** What becomes of the target's part, and what it does, when something happens. */
export function stepTarget(state: TargetOwnership, event: TargetEvent): TargetStep {
  switch (state.phase) {
    case "receiving":
    case "ready":
      return beforeCommit(state, event);
    case "running":
      return afterCommit(state, event);
    default:
      return ended(state, event);
  }
}

/** Until the commit is here a copy is nothing to hold on to: whatever goes wrong ends it. */
function beforeCommit(state: Before, event: TargetEvent): TargetStep {
  switch (event.kind) {
    case "proved": {
      if (state.phase !== "receiving") return stay(state);
      const { channel } = state;
      const ready = { phase: "ready", channel, isWhole: event.isWhole } as const;
      return step(ready, say(channel, { kind: "ready" }));
    }
    case "broken":
    case "abort":
    case "peer-dead":
      return refuse(state.channel, event.reason);
    case "cut":
      return event.channel === state.channel ? refuse(state.channel, event.reason) : stay(state);
    case "heard":
      return hearBeforeCommit(state, event.channel, event.word);
    default:
      return stay(state);
  }
}

function hearBeforeCommit(state: Before, channel: ChannelNumber, word: WordOfSource): TargetStep {
  // Only a source in doubt opens a new channel: it has noticed a cut that was not noticed here.
  if (word.kind === "rejoin" && channel > state.channel)
    return refuse(channel, "the channel was cut before a commit came");
  if (channel !== state.channel) return stay(state);
  switch (word.kind) {
    case "handover":
      return state.phase === "receiving" ? step(state, { kind: "prove" }) : stay(state);
    case "commit":
      if (state.phase !== "ready") return refuse(channel, "a commit came too early");
      return takeOver(state);
    case "abort":
      return refuse(channel, word.reason);
    default:
      return stay(state);
  }
}

function takeOver({ channel, isWhole }: Before & { phase: "ready" }): TargetStep {
  const running: Running = {
    phase: "running",
    channel,
    isConnected: true,
    isWhole,
    isReleased: false,
    isSourceDead: false,
    sentEpoch: 0,
    appliedEpoch: 0,
  };
  return step(running, { kind: "run" }, say(channel, { kind: "running", isWhole }));
}

/** The machine is here, whatever becomes of the source. */
function afterCommit(state: Running, event: TargetEvent): TargetStep {
  switch (event.kind) {
    case "heard":
      return hearAfterCommit(state, event.channel, event.word);
    case "cut": {
      if (!state.isConnected || event.channel !== state.channel) return stay(state);
      return step({ ...state, isConnected: false }, { kind: "close", channel: state.channel });
    }
    case "peer-dead": {
      if (state.isWhole || state.isSourceDead) return stay({ ...state, isSourceDead: true });
      return step({ ...state, isSourceDead: true }, { kind: "report-lost" });
    }
    case "whole":
      return step({ ...state, isWhole: true }, ...answer({ ...state, isWhole: true }));
    case "epoch-due": {
      if (state.isWhole || !state.isConnected) return stay(state);
      const sentEpoch = state.sentEpoch + 1;
      const word = { kind: "epoch", epoch: sentEpoch, since: state.appliedEpoch } as const;
      return step({ ...state, sentEpoch }, say(state.channel, word));
    }
    case "broken": {
      const { channel } = state;
      const { reason } = event;
      const gone = { phase: "gone", channel, reason } as const;
      if (!state.isConnected) return step(gone, { kind: "drop" });
      return step(gone, { kind: "drop" }, say(channel, { kind: "gone", reason }));
    }
    default:
      return stay(state);
  }
}

function hearAfterCommit(state: Running, channel: ChannelNumber, word: WordOfSource): TargetStep {
  if (word.kind === "rejoin") {
    if (channel <= state.channel) return stay(state);
    const rejoined = { ...settle(state, word.epoch), channel, isConnected: true };
    const settled = { kind: "settle-epoch", epoch: rejoined.appliedEpoch } as const;
    const close = { kind: "close", channel: state.channel } as const;
    return step(rejoined, close, settled, ...answer(rejoined));
  }
  if (!state.isConnected || channel !== state.channel) return stay(state);
  switch (word.kind) {
    case "released":
      return step({ ...state, isReleased: true, isConnected: false }, { kind: "close", channel });
    case "epoch-applied": {
      const settled = settle(state, word.epoch);
      return step(settled, { kind: "settle-epoch", epoch: settled.appliedEpoch });
    }
    default:
      return stay(state);
  }
}

/** What is over stays so, and says so to whoever asks. */
function ended(state: Ended, event: TargetEvent): TargetStep {
  if (event.kind !== "heard" || event.channel < state.channel) return stay(state);
  const { channel, word } = event;
  if (word.kind !== "rejoin" && word.kind !== "commit") return stay(state);
  const { phase: kind, reason } = state;
  return step({ ...state, channel }, say(channel, { kind, reason }));
}

/** An epoch that was never sent cannot be complete anywhere. */
function settle(state: Running, epoch: Epoch): Running {
  const appliedEpoch = Math.min(state.sentEpoch, Math.max(state.appliedEpoch, epoch));
  return { ...state, appliedEpoch };
}

function answer({ channel, isConnected, isWhole }: Running): readonly TargetEffect[] {
  return isConnected ? [say(channel, { kind: "running", isWhole })] : [];
}

function refuse(channel: ChannelNumber, reason: string): TargetStep {
  const refused = { phase: "refused", channel, reason } as const;
  return step(refused, { kind: "drop" }, say(channel, { kind: "refused", reason }));
}

function stay(state: TargetOwnership): TargetStep {
  return { state, effects: [] };
}

function step(state: TargetOwnership, ...effects: TargetEffect[]): TargetStep {
  return { state, effects };
}

function say(channel: ChannelNumber, word: WordOfTarget): Say<WordOfTarget> {
  return { kind: "say", channel, word };
}
