import { curveOfWorkload } from "../../../../src/fleet/fluid/curve.js";
import { EngineMigration } from "../../../../src/fleet/fluid/engine-migration.js";
import { type FluidFlavour, fluidFlavour } from "../../../../src/fleet/fluid/flavour.js";
import { FluidCurves } from "../../../../src/kernel/fluid.js";
import { simulate } from "../../../../src/node.js";
import type { ScenarioInput } from "../../../../src/scenario/input.js";
import { contextWithoutFiles, resolveScenario } from "../../../../src/scenario/resolve.js";
import type { Scenario } from "../../../../src/scenario/scenario.js";
import { drive } from "./constant-rate.js";

/** A migration's figures, ms and bytes. */
export interface Figures {
  readonly total: number;
  readonly downtime: number;
  readonly bytes: number;
  readonly rounds: number;
  readonly outcome: string;
}

/** Figures of the page-exact engine, seed by seed. */
export async function byEngine(input: ScenarioInput, seeds: number): Promise<Figures[]> {
  const figures: Figures[] = [];
  for (let seed = 1; seed <= seeds; seed++) {
    const { report } = await simulate({ ...input, seed });
    figures.push({
      total: report.totalMigrationTimeMs,
      downtime: report.downtimeMs,
      bytes: report.bytesSent,
      rounds: report.rounds.filter(({ phase }) => phase === "push").length,
      outcome: report.outcome,
    });
  }
  return figures;
}

/** The same scenario as a fluid. */
export function byFluid(input: ScenarioInput): Figures {
  const scenario = resolveScenario(input, contextWithoutFiles());
  const rate = scenario.link.bandwidth[0]?.rate as number;
  const path = { roundTripNs: scenario.link.roundTripNs, rate };
  const migration = new EngineMigration(flavourOf(scenario), path);
  const { end, totalNs } = drive(migration, rate);
  const { rounds, downtimeNs } = migration;
  return {
    total: totalNs / 1e6,
    downtime: downtimeNs / 1e6,
    bytes: migration.progress.bytesSent,
    rounds,
    outcome: end.outcome,
  };
}

/** A scenario's guest and switches. */
export function flavourOf(scenario: Scenario): FluidFlavour {
  const { machine, migration, link, strategy } = scenario;
  const { downtimeLimitNs, giveUpAfterNs } = migration;
  return fluidFlavour(
    {
      memoryPages: machine.memoryPages,
      zeroPages: machine.memoryPages * machine.zeroShare,
      curve: curveOfWorkload(machine.workload),
      parts: machine,
      strategy,
      options: {
        policy: migration.policy,
        maxBandwidth: migration.maxBandwidth ?? undefined,
        downtimeLimitMs: downtimeLimitNs === null ? undefined : downtimeLimitNs / 1e6,
        maxRounds: migration.maxRounds ?? undefined,
        maxBytes: migration.maxBytes ?? undefined,
        dirtyThreshold: migration.dirtyThreshold ?? undefined,
        onNotConverged: migration.onNotConverged ?? undefined,
        giveUpAfterMs: giveUpAfterNs === null ? undefined : giveUpAfterNs / 1e6,
        autoConverge: migration.autoConverge,
      },
    },
    new FluidCurves(),
    link.bandwidth[0]?.rate as number,
  );
}
