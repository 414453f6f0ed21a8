import { InvalidOptionError } from "../errors.js";
import { isIndex, isRecord } from "./plain-value.js";

/**
 * Sets a field by its path, such as `network.bandwidth` or `controllers.0.threshold`, in a value that is
 * the caller's own. Objects on the way are made where there are none; lists are not made longer.
 *
 * @throws InvalidOptionError under the path's own name where it leads nowhere.
 */
export function setField(target: Record<string, unknown>, path: string, value: unknown): void {
  const steps = path.split(".");
  const refuse = (at: number, expected: string): never => {
    throw new InvalidOptionError(path, steps[at], expected);
  };
  let place: unknown = target;
  for (const [at, step] of steps.entries()) {
    const isLast = at === steps.length - 1;
    if (step === "") refuse(at, "a name or a place in a list between the dots");
    if (Array.isArray(place)) {
      if (!isIndex(step) || Number(step) >= place.length) {
        refuse(at, `a place in a list of ${place.length}, from 0 on`);
      }
    } else if (!isRecord(place)) {
      const before = steps.slice(0, at).join(".");
      refuse(at, `${before} to be an object or a list, which it is not`);
    }
    const parent = place as Record<string, unknown>;
    if (isLast) {
      parent[step] = value;
    } else {
      if (!Object.hasOwn(parent, step)) parent[step] = {};
      place = parent[step];
    }
  }
}
