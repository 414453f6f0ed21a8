import { SimulatedMachine } from "../machine/simulated-machine.js";
import type { Scenario } from "../scenario/scenario.js";
import { Workload } from "../workload/workload.js";
import { SimulatedClock } from "../world/clock.js";
import { Random } from "../world/random.js";
import { SimulatedLink } from "../world/simulated-link.js";
import { type ContentsFiles, createContents } from "./contents.js";

/** A guest at its source and the link to its target, in simulated time. Good for one migration that completes. */
export interface Testbed {
  readonly machine: SimulatedMachine;
  readonly link: SimulatedLink;
}

/** Builds what a scenario describes. */
export async function buildTestbed(scenario: Scenario, files: ContentsFiles): Promise<Testbed> {
  const { machine: spec, seed } = scenario;
  const clock = new SimulatedClock();
  const random = new Random(seed).fork("machine");
  const { store, trace, markZeroPages } = await createContents(spec, random, files);
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
