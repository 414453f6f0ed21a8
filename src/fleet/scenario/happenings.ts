import { InvalidOptionError } from "../../errors.js";
import { parseTime } from "../../scenario/quantities.js";
import type { Nanoseconds } from "../../units.js";
import type { Random } from "../../world/random.js";
import type { Fault } from "../model/fleet.js";
import type { RequestedMove } from "../model/vms.js";
import { MOST } from "./bounds.js";
import type { FaultInput, MoveInput } from "./input.js";
import type { NameBook } from "./names.js";
import { positiveTime, timeOr } from "./read.js";

/** The moves that a scenario asks for itself. */
export function resolveMoves(
  inputs: readonly MoveInput[],
  vms: NameBook,
  hosts: NameBook,
): RequestedMove[] {
  const moves: RequestedMove[] = [];
  for (const [index, { vm, to, at, every }] of inputs.entries()) {
    const path = `moves.${index}`;
    const targets = hosts.needAll(`${path}.to`, to, MOST.hosts);
    const startNs = timeOr(`${path}.at`, at, 0);
    const stepNs = timeOr(`${path}.every`, every, 0);
    for (const [turn, one] of vms.needAll(`${path}.vm`, vm, MOST.moves - moves.length).entries()) {
      const target = targets[turn % targets.length] as number;
      moves.push({ atNs: startNs + turn * stepNs, vm: one, to: target });
    }
  }
  return moves;
}

/** Hosts that break, at times that are given or drawn. */
export function resolveFaults(
  inputs: readonly FaultInput[],
  hosts: NameBook,
  context: { readonly untilNs: Nanoseconds; readonly random: Random },
): Fault[] {
  const faults: Fault[] = [];
  for (const [index, input] of inputs.entries()) {
    const path = `faults.${index}`;
    const { host, at, every, warning, repair } = input;
    if ((at === undefined) === (every === undefined)) {
      throw new InvalidOptionError(`${path}.at`, at, "either at, or every for chance");
    }
    const warningNs = timeOr(`${path}.warning`, warning, 0);
    const repairNs = timeOr(`${path}.repair`, repair, Number.POSITIVE_INFINITY);
    const atNs = at === undefined ? null : parseTime(`${path}.at`, at);
    for (const one of hosts.needAll(`${path}.host`, host, MOST.moves)) {
      const times =
        atNs !== null
          ? [atNs]
          : drawTimes(`${path}.every`, every ?? "", repairNs, {
              untilNs: context.untilNs,
              random: context.random.fork(`${path}.${one}`),
              most: MOST.moves - faults.length,
            });
      for (const time of times) faults.push({ host: one, atNs: time, warningNs, repairNs });
      if (faults.length > MOST.moves) {
        throw new InvalidOptionError(
          `${path}.host`,
          hosts.nameOf(one),
          `at most ${MOST.moves} in all`,
        );
      }
    }
  }
  return faults;
}

/** Failures of one host; it can only break while it works. */
function drawTimes(
  path: string,
  every: string,
  repairNs: Nanoseconds,
  {
    untilNs,
    random,
    most,
  }: { readonly untilNs: number; readonly random: Random; readonly most: number },
): Nanoseconds[] {
  const mean = positiveTime(path, every);
  const times: Nanoseconds[] = [];
  for (let now = 0; ; now += repairNs) {
    now += mean * random.nextExponential();
    if (now >= untilNs) return times;
    times.push(Math.floor(now));
    if (times.length > most)
      throw new InvalidOptionError(path, every, `at most ${MOST.moves} in all`);
  }
}
