import type { MachineParts } from "../../machine/spec.js";
import type { StrategyName } from "../../migration/report.js";
import { mirrorDisk } from "./disk.js";
import type { Stage, Turn } from "./engine-migration.js";
import { pull } from "./pull.js";
import { pushRounds, pushStopped, startWithAllPages } from "./push.js";
import {
  finalPages,
  handOver,
  pause,
  replug,
  resumeAtSource,
  sendState,
  settleIn,
  setUp,
  unplug,
} from "./stages.js";

const setUpLive: readonly Stage[] = [setUp, unplug, mirrorDisk];

/** How it goes on after a turn. */
export const routes: { readonly [To in Turn]: readonly Stage[] } = {
  "switch-over": [pause, finalPages, sendState, handOver, settleIn],
  "switch-to-pull": [pause, sendState, handOver, pull, settleIn],
  "take-back": [resumeAtSource, replug],
};

const live: { readonly [Name in Exclude<StrategyName, "cold">]: readonly Stage[] } = {
  "stop-and-copy": [...setUpLive, pause, pushStopped, sendState, handOver, settleIn],
  "pre-copy": [...setUpLive, pushRounds],
  hybrid: [...setUpLive, pushRounds],
  "post-copy": [...setUpLive, startWithAllPages, ...routes["switch-to-pull"]],
};
const suspended: readonly Stage[] = [
  ...[unplug, pause, setUp, mirrorDisk],
  ...[pushStopped, sendState, handOver, settleIn],
];
const off: readonly Stage[] = [pause, setUp, mirrorDisk, sendState, handOver, settleIn];

/** A strategy's stages, as of the engine; what follows rounds of push is their verdict's. */
export function stagesOf(strategy: StrategyName, { power }: MachineParts): readonly Stage[] {
  if (strategy === "cold") return power === "off" ? off : suspended;
  return live[strategy];
}
