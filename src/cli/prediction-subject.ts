import { resolve } from "node:path";
import { InvalidOptionError } from "../errors.js";
import { readJsonFile } from "../files/scenario-files.js";
import { checkObservation, type Observation, observeQemu, QemuMonitor } from "../node.js";
import {
  type PredictionInput,
  type PredictionQuestion,
  resolvePrediction,
} from "../predict/input.js";
import { parseCount, parseTime } from "../scenario/quantities.js";
import { MAX_PAGES, toMilliseconds } from "../units.js";
import { runLive } from "./live-session.js";
import { flagOf } from "./options.js";
import type { PredictionFlags } from "./prediction-flags.js";
import type { CliWorld } from "./world.js";

/** The flags as a question: an observation is read from its file, a QEMU is watched through its monitor. */
export async function questionOf(
  world: CliWorld,
  flags: PredictionFlags,
): Promise<PredictionQuestion> {
  const { observation: file, qmp, for: forText, ...described } = flags;
  const input = described as PredictionInput;
  if (qmp !== undefined) {
    refuseBeside("--qmp", { observation: file, workload: input.workload, memory: input.memory });
    return watchedQuestion(world, qmp, forText ?? "10s", input);
  }
  if (forText !== undefined) {
    throw new InvalidOptionError("--for", forText, "no such option without --qmp");
  }
  const observation = file === undefined ? undefined : readObservation(world.folder, file);
  return resolvePrediction({ ...input, observation }, flagOf);
}

/** An observation from the file that `--observation` names. */
export function readObservation(folder: string, file: string): Observation {
  return checkObservation(readJsonFile("--observation", resolve(folder, file), file), file);
}

/** Everything else that is asked is checked before the guest is watched. */
async function watchedQuestion(
  world: CliWorld,
  qmp: string,
  forText: string,
  input: PredictionInput,
): Promise<PredictionQuestion> {
  const { nonzeroPages, ...asked } = input;
  resolvePrediction({ ...asked, workload: "idle", memory: "1GiB" }, flagOf);
  const forMs = toMilliseconds(parseTime("--for", forText));
  const nonzero =
    nonzeroPages === undefined
      ? {}
      : { nonzeroPages: parseCount("--nonzero-pages", nonzeroPages, 0, MAX_PAGES) };
  return runLive(world, { qmp: "--qmp", for: "--for" }, async ({ signal, show }) => {
    const monitor = await QemuMonitor.open(qmp, { signal });
    try {
      const accelerator = (await monitor.isKvm()) ? "kvm" : "tcg";
      const observation = await observeQemu(monitor, {
        ...{ forMs, signal, ...nonzero },
        onProgress: ({ share }) => show(`watching the guest: ${Math.round(share * 100)} %`),
      });
      return resolvePrediction({ accelerator, ...asked, observation }, flagOf);
    } finally {
      monitor.close();
    }
  });
}

function refuseBeside(option: string, others: Readonly<Record<string, string | undefined>>): void {
  for (const [name, value] of Object.entries(others)) {
    if (value === undefined) continue;
    throw new InvalidOptionError(flagOf(name), value, `nothing beside ${option}, which watches`);
  }
}
