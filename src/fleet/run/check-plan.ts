import { InvalidOptionError } from "../../errors.js";
import { STRATEGIES } from "../../scenario/field.js";
import type { Action, Plan } from "../control/plan.js";
import type { Fleet } from "../model/fleet.js";

/**
 * Refuses what no plan may say: controllers are written by others.
 *
 * @throws InvalidOptionError that names the controller, the action and what is wrong with it.
 */
export function checkPlan(plan: unknown, fleet: Fleet): asserts plan is Plan {
  const { controller, actions, refusals } = (plan ?? {}) as Partial<Plan>;
  if (typeof controller !== "string") {
    throw new InvalidOptionError(
      "controller",
      controller,
      "a plan with the name of its controller",
    );
  }
  if (!Array.isArray(actions)) {
    throw new InvalidOptionError(`${controller}.actions`, actions, "a list of actions");
  }
  if (!Array.isArray(refusals)) {
    throw new InvalidOptionError(`${controller}.refusals`, refusals, "a list of refusals");
  }
  for (const [index, action] of actions.entries()) {
    checkAction(action, `${controller}.actions.${index}`, fleet);
  }
}

function checkAction(action: Action, path: string, { hosts, vms }: Fleet): void {
  const host = (field: string, value: unknown): void =>
    below(`${path}.${field}`, value, hosts.length, "host");
  const vm = (value: unknown): void => below(`${path}.vm`, value, vms.count, "VM");
  switch (action?.kind) {
    case "move":
      vm(action.vm);
      host("to", action.to);
      if (action.strategy !== null && !STRATEGIES.includes(action.strategy)) {
        const expected = `null or one of ${STRATEGIES.join(", ")}`;
        throw new InvalidOptionError(`${path}.strategy`, action.strategy, expected);
      }
      return;
    case "start":
      vm(action.vm);
      host("on", action.on);
      return;
    case "sleep":
    case "wake":
    case "close":
    case "open":
      host("host", action.host);
      return;
    default: {
      const expected = "move, start, sleep, wake, close or open";
      throw new InvalidOptionError(`${path}.kind`, (action as Action | undefined)?.kind, expected);
    }
  }
}

function below(path: string, value: unknown, count: number, what: string): void {
  if (Number.isInteger(value) && (value as number) >= 0 && (value as number) < count) return;
  throw new InvalidOptionError(path, value, `the number of a ${what}, 0 to ${count - 1}`);
}
