import { InvalidOptionError } from "../errors.js";
import { type Crew, crewOfOne, openCrew } from "../kernel/crew.js";
import type { ThreadHost } from "../kernel/thread-host.js";
import type { MachineSpec } from "../scenario/scenario.js";
import type { PageCount } from "../units.js";

/** Most threads that one guest's bytes are moved by. */
export const MOST_THREADS = 32;
/** Beyond this many, memory is the bottleneck of most machines. */
const DEFAULT_MOST = 8;
/** Below 2 GiB threads save about as much as starting them costs (measured). */
const WORTH_THREADS: PageCount = 2 ** 19;

/** Checks a number of threads; undefined is the default. */
export function checkThreads(threads: number | undefined): void {
  if (threads === undefined) return;
  if (!Number.isInteger(threads) || threads < 1 || threads > MOST_THREADS) {
    throw new InvalidOptionError("threads", threads, `a whole number, 1 to ${MOST_THREADS}`);
  }
}

/** Opens the crew that moves a guest's bytes. */
export async function openGuestCrew(
  { contents, memoryPages }: MachineSpec,
  threads: number | undefined,
  host: ThreadHost,
): Promise<Crew> {
  if (contents.kind === "statistical") {
    return crewOfOne((threads ?? 1) > 1 ? "the guest has no bytes to move" : null);
  }
  const isSmall = memoryPages < WORTH_THREADS;
  const standard = isSmall ? 1 : Math.min(host.parallelism, DEFAULT_MOST);
  return openCrew(threads ?? standard, host);
}
