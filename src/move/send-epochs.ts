import type { Machine } from "../machine/machine.js";
import { MILLISECOND, type Milliseconds } from "../units.js";
import type { Clock } from "../world/clock.js";
import type { EpochSender } from "./epoch-sender.js";
import type { TargetOwner } from "./target-owner.js";

/** Who has epochs to send, and how often. */
export interface EpochPlan {
  readonly machine: Machine;
  readonly owner: TargetOwner;
  readonly sender: EpochSender;
  readonly clock: Clock;
  readonly epochMs: Milliseconds;
}

/** Sends epochs for as long as pages are missing here. */
export async function sendEpochs(plan: EpochPlan): Promise<void> {
  const { clock, epochMs } = plan;
  while (isLacking(plan)) {
    await clock.sleepUntil(clock.now() + Math.max(1, epochMs * MILLISECOND));
    const { owner, sender, machine } = plan;
    const isDue = isLacking(plan) && owner.isConnected && !sender.isUnderWay;
    if (isDue && machine.isRunning) await sendEpoch(plan);
  }
}

/** The machine stands while what it wrote is collected, so that an epoch is one moment of it. */
async function sendEpoch(plan: EpochPlan): Promise<void> {
  const { machine, owner, sender } = plan;
  await machine.pause();
  try {
    const { frames, state } = owner;
    if (state.phase !== "running" || state.isWhole || !state.isConnected) return;
    owner.epochStateBytes = await sender.send(frames, state.sentEpoch + 1);
    if (owner.frames === frames) owner.tell({ kind: "epoch-due" });
  } finally {
    if (owner.state.phase === "running") await machine.resume();
  }
}

function isLacking({ owner: { state } }: EpochPlan): boolean {
  return state.phase === "running" && !state.isWhole;
}
