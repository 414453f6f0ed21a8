import type { Crew } from "../kernel/crew.js";
import type { ThreadHost } from "../kernel/thread-host.js";
import { SimulatedMachine } from "../machine/simulated-machine.js";
import type { Scenario } from "../scenario/scenario.js";
import { Workload } from "../workload/workload.js";
import { SimulatedClock } from "../world/clock.js";
import { Random } from "../world/random.js";
import { SimulatedLink } from "../world/simulated-link.js";
import { type ContentsFiles, createContents } from "./contents.js";
import { checkThreads, openGuestCrew } from "./threads.js";

/** A guest at its source and the link to its target, in simulated time. Good for one migration that completes. */
export interface Testbed {
  readonly machine: SimulatedMachine;
  readonly link: SimulatedLink;
  /** Why one thread does what several were asked for or would be the default; null: it does not. */
  readonly singleThreadReason: string | null;
  /** Ends the threads; the machine can be used on, by one. Idle threads do not keep a process from ending. */
  close(): void;
}

/** How many threads move a guest's bytes; see SimulateOptions. */
export interface TestbedOptions {
  readonly threads?: number | undefined;
}

/** What a simulation has around it. */
export interface Surroundings {
  readonly files: ContentsFiles;
  readonly threads: ThreadHost;
}

/** Builds what a scenario describes. */
export async function buildTestbed(
  scenario: Scenario,
  options: TestbedOptions,
  surroundings: Surroundings,
): Promise<Testbed> {
  checkThreads(options.threads);
  const crew = await openGuestCrew(scenario.machine, options.threads, surroundings.threads);
  const close = (): void => crew.close();
  try {
    const parts = await setUp(scenario, crew, surroundings.files);
    return {
      ...parts,
      get singleThreadReason() {
        return crew.obstacle;
      },
      close,
    };
  } catch (error) {
    close();
    throw error;
  }
}

async function setUp(
  scenario: Scenario,
  crew: Crew,
  files: ContentsFiles,
): Promise<Pick<Testbed, "machine" | "link">> {
  const { machine: spec, seed } = scenario;
  const clock = new SimulatedClock();
  const random = new Random(seed).fork("machine");
  const { store, trace, markZeroPages } = await createContents(spec, random, files, crew);
  const workload = new Workload(spec.workload, {
    random: random.fork("workload"),
    hasContents: store !== null,
    trace,
  });
  const machine = new SimulatedMachine(clock, {
    pageCount: store?.pageCount ?? spec.memoryPages,
    workload,
    parts: spec,
    store,
    markZeroPages,
    writeState: random.fork("written bytes").state,
  });
  return { machine, link: new SimulatedLink(clock, scenario.link) };
}
