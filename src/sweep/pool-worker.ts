import { runScenario } from "../node.js";
import { packError } from "./error-message.js";
import type { ManyAnswer, ManyTask } from "./many.js";

/** A thread of the pool runs one simulation. Its bytes, if it has any, are moved by this thread alone. */
export default async function runTask({ scenario, map }: ManyTask): Promise<ManyAnswer> {
  try {
    return { simulation: await runScenario(scenario, { map, threads: 1 }) };
  } catch (error) {
    return { error: packError(error) };
  }
}
