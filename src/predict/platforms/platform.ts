import type { Bytes, Milliseconds, Share } from "../../units.js";
import type { PredictedSettings } from "../settings.js";
import type { Steering } from "../steering.js";

/** What a platform does with QEMU: settings of its own, and a hand on the migration while it runs. */
export interface Platform<Name extends string = string> {
  readonly name: Name;
  /** What it does, in a sentence. */
  readonly does: string;
  /** Where its rules are written: project, file and option, and of when. */
  readonly source: string;
  /** Its settings for a guest of so much memory, over those given; bandwidth, link and profile stay. */
  settings(settings: PredictedSettings, memory: Bytes): PredictedSettings;
  /** A hand for one run. Whoever looks at a migration from time to time is at some share of its period when it starts. */
  steering(memory: Bytes, phase: Share): Steering;
}

/** QEMU's own settings where a platform leaves them alone: 300 ms, no capabilities. */
export const QEMU_DOWNTIME_LIMIT_MS: Milliseconds = 300;

/** Settings with nothing on but what a platform turns on. */
export function plainSettings(
  settings: PredictedSettings,
  downtimeLimitMs: Milliseconds,
): PredictedSettings {
  return {
    ...settings,
    downtimeLimitMs,
    xbzrleCacheBytes: null,
    autoConverge: null,
    postCopyAfterMs: null,
    stopFirst: false,
  };
}

/** Shares of runs by how they ended. */
export interface Endings {
  /** QEMU switched over by itself. */
  readonly switchover: Share;
  /** The guest had been paused, and was down from then on. */
  readonly paused: Share;
  readonly postCopy: Share;
  /** Given up: the guest stayed where it was. */
  readonly aborted: Share;
  /** Followed no further. */
  readonly unfinished: Share;
}
