import type { Action, Plan } from "../control/plan.js";
import type { Fleet } from "../model/fleet.js";
import { checkPlan } from "./check-plan.js";
import type { HostLife } from "./host-life.js";
import type { MoveRunner } from "./move-runner.js";
import type { Population } from "./population.js";
import type { RunState } from "./run-state.js";

/** Who does what a plan says. */
export interface Hands {
  readonly state: RunState;
  readonly moves: MoveRunner;
  readonly population: Population;
  readonly hosts: HostLife;
}

/** Begins what a plan says, in its order; what is not possible any more becomes a refusal. */
export function carryOut(plan: Plan, hands: Hands): void {
  checkPlan(plan, hands.state.fleet);
  const { refusals, now } = hands.state;
  for (const refusal of plan.refusals) refusals.push({ ...refusal, atNs: now });
  for (const action of plan.actions) {
    const refusal = act(action, plan.controller, hands);
    if (refusal === null) continue;
    const vm = "vm" in action ? action.vm : null;
    const host = "host" in action ? action.host : null;
    refusals.push({ vm, host, because: refusal, atNs: now });
  }
  hands.moves.lookAgain();
}

/** Answers why not, or null. */
function act(
  action: Action,
  askedBy: string,
  { state, moves, population, hosts }: Hands,
): string | null {
  const { load, fleet, now } = state;
  const { because } = action;
  switch (action.kind) {
    case "move": {
      const { vm, to, strategy } = action;
      moves.request({ vm, to, strategy, askedBy, because, askedNs: now });
      return null;
    }
    case "sleep": {
      const { host } = action;
      if (load.hasVms(host) || (load.usedBytes[host] as number) > 0) return "a VM is on it";
      if (moves.queue.waitingFor(host) > 0) return "a VM is about to come";
      if (!load.isOn(host)) return "it is not on";
      hosts.sleep(host, because);
      return null;
    }
    case "wake":
      hosts.wake(action.host, because);
      return null;
    case "close":
      hosts.close(action.host, because);
      return null;
    case "open":
      hosts.open(action.host, because);
      return null;
    case "start": {
      const { vm, on } = action;
      const { memoryBytes } = (fleet.hosts[on] as Fleet["hosts"][number]).type;
      return population.start(vm, on, memoryBytes) ? null : "it cannot be started there";
    }
  }
}
