import { InvalidOptionError } from "../../errors.js";
import { look } from "./read.js";

/** What may be like another of its kind. */
export interface Alike {
  readonly like?: string | undefined;
}

/**
 * The things of a map with the fields filled in that they take from the one they are `like`, and so on.
 * What others are like comes before them.
 *
 * @param builtIn - What need not be described; names in the map come first.
 * @param merge - Puts fields over those of the other.
 * @throws InvalidOptionError for a name that does not exist, and for things that are like each other in a circle.
 */
export function filledIn<T extends Alike>(
  path: string,
  inputs: Readonly<Record<string, T>>,
  builtIn: ReadonlyMap<string, T>,
  merge: (base: T, input: T) => T = (base, input) => ({ ...base, ...input }),
): ReadonlyMap<string, T> {
  const own = new Map(Object.entries(inputs));
  const done = new Map<string, T>();
  for (const name of own.keys()) {
    // A chain is followed to its end and filled in on the way back, so none is too long.
    for (const one of chainFrom(path, name, own, done)) {
      const input = own.get(one) as T;
      if (input.like === undefined) {
        done.set(one, input);
        continue;
      }
      // A thing may be like the built-in one whose name it takes.
      const maps = input.like === one ? [builtIn] : [done, builtIn];
      done.set(one, merge(look(`${path}.${one}.like`, input.like, maps), input));
    }
  }
  return done;
}

function chainFrom<T extends Alike>(
  path: string,
  name: string,
  own: ReadonlyMap<string, T>,
  done: ReadonlyMap<string, T>,
): string[] {
  const chain = new Set<string>();
  for (let at = name; !done.has(at); ) {
    chain.add(at);
    const next = own.get(at)?.like;
    if (next === undefined || next === at || !own.has(next)) break;
    if (chain.has(next)) {
      const circle = `no circle: ${[...chain].slice(-10).join(" is like ")} is like ${next}`;
      throw new InvalidOptionError(`${path}.${at}.like`, next, circle);
    }
    at = next;
  }
  return [...chain].reverse();
}
