import { Draft } from "./draft.js";
import type { Action, Controller, Plan, Refusal } from "./plan.js";
import { promised } from "./promised.js";
import type { Snapshot } from "./snapshot.js";

/**
 * Several controllers as one, the most important first: each sees the data centre as if what those before it want
 * were on its way, and what would contradict that all the same becomes a refusal.
 */
export function together(controllers: readonly Controller[]): Controller {
  const name = controllers.map((one) => one.name).join(" + ");
  return {
    name,
    decide(snapshot): Plan {
      const plans = decideTogether(controllers, snapshot);
      return {
        controller: name,
        actions: plans.flatMap(({ actions }) => actions),
        refusals: plans.flatMap(({ refusals }) => refusals),
      };
    },
  };
}

/** The same with the plans apart, so that each action is known by who wanted it. */
export function decideTogether(controllers: readonly Controller[], snapshot: Snapshot): Plan[] {
  const actions: Action[] = [];
  const plans: Plan[] = [];
  for (const controller of controllers) {
    const seen = promised(snapshot, { actions });
    const plan = feasible(seen, controller.decide(seen));
    plans.push(plan);
    actions.push(...plan.actions);
  }
  return plans;
}

/**
 * What of a plan can be carried out: the rest, such as a move to a host that is full, is closed or may not have
 * the VM beside another, becomes a refusal. CPU may be overcommitted, which is for each controller to judge.
 */
export function feasible(snapshot: Snapshot, plan: Plan): Plan {
  const draft = new Draft(plan.controller, snapshot, { fill: Number.POSITIVE_INFINITY });
  // Of two wishes for a VM the first counts.
  const targets = new Map<number, number>();
  for (const action of plan.actions) {
    if (action.kind === "move" && !targets.has(action.vm)) targets.set(action.vm, action.to);
  }
  const refusals: Refusal[] = [];
  const brought = new Set<number>();
  for (const action of plan.actions) {
    const why = follow(draft, action, targets, brought);
    if (why !== null)
      refusals.push({ ...subjectOf(action), because: `${wish(draft, action)}: ${why}` });
  }
  return { ...draft.plan(), refusals: [...plan.refusals, ...refusals] };
}

/** @param brought - VMs that came along with another, whose own action is yet to be met. */
function follow(
  draft: Draft,
  action: Action,
  targets: ReadonlyMap<number, number>,
  brought: Set<number>,
): string | null {
  switch (action.kind) {
    case "move": {
      const { vm, to, because, strategy } = action;
      if (brought.delete(vm) && draft.targetOf(vm) === to) return null;
      if (draft.isPlanned(vm)) return "something else is planned for it";
      const party = draft.room.affinity.companions(vm);
      const apart = party.find((member) => targets.get(member) !== to);
      if (apart !== undefined) return `${draft.snapshot.fleet.vms.name(apart)} must come along`;
      const why = draft.move(vm, to, because, strategy);
      if (why === null) for (const other of party) if (other !== vm) brought.add(other);
      return why;
    }
    case "start":
      return draft.start(action.vm, action.on, action.because);
    case "sleep":
      return draft.sleep(action.host, action.because);
    case "wake":
      return draft.wake(action.host, action.because);
    case "close":
      return draft.close(action.host, action.because);
    case "open":
      return draft.open(action.host, action.because);
  }
}

function subjectOf(action: Action): Pick<Refusal, "vm" | "host"> {
  switch (action.kind) {
    case "move":
      return { vm: action.vm, host: action.to };
    case "start":
      return { vm: action.vm, host: action.on };
    default:
      return { vm: null, host: action.host };
  }
}

function wish({ snapshot }: Draft, action: Action): string {
  const { hosts } = snapshot.fleet;
  if (action.kind === "move") return `was to move to ${hosts[action.to]?.name}`;
  if (action.kind === "start") return `was to start on ${hosts[action.on]?.name}`;
  return `was to ${action.kind}`;
}
