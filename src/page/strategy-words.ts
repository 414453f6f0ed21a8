import type { MoveOrder } from "./worker-messages.js";

/** What happens, for people who choose. */
export const STRATEGY_WORDS: Readonly<Record<MoveOrder["strategy"], string>> = {
  "pre-copy":
    "The memory crosses while the guest runs, again and again what it has written meanwhile; then it stops for what is left.",
  "post-copy":
    "The guest stops at once, only its processor and devices cross, and it runs on there; its memory follows, first what it asks for.",
  hybrid:
    "One copy of the memory crosses while the guest runs; then it runs on there, and what it had written since follows.",
  cold: "The guest stops, everything crosses, and it runs on there: the longest downtime, to compare with.",
};

/** Whether a machine runs at the target before all of its pages are there. */
export function needsDemand(strategy: MoveOrder["strategy"]): boolean {
  return strategy === "post-copy" || strategy === "hybrid";
}
