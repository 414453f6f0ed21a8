import { InvalidOptionError } from "../../errors.js";
import type { ScenarioInput } from "../../scenario/input.js";
import { parseShare } from "../../scenario/quantities.js";
import { contextWithoutFiles, resolveScenario } from "../../scenario/resolve.js";
import type { NetworkSpec, Scenario } from "../../scenario/scenario.js";
import { type Milliseconds, pagesToBytes, toMilliseconds } from "../../units.js";
import type { AssignedDevice, Contract, Flavour, MoveSettings } from "../model/flavour.js";
import type { FleetContext } from "./context.js";
import { type ContractInput, type FlavourInput, SCENARIO_FIELDS } from "./input-vms.js";
import { filledIn } from "./like.js";
import { curveOf, observedBehaviour } from "./memory-behaviour.js";
import { timeOr } from "./read.js";

/**
 * Sizes that need not be described: OpenStack's flavours of old (vCPUs and memory from Nova's defaults, on
 * shared storage). How their memory is written is assumed: half of it zero, and a tenth of it a hot set.
 */
export const FLAVOURS: ReadonlyMap<string, FlavourInput> = new Map(
  (
    [
      ["m1.tiny", 1, 512],
      ["m1.small", 1, 2048],
      ["m1.medium", 2, 4096],
      ["m1.large", 4, 8192],
      ["m1.xlarge", 8, 16_384],
    ] as const
  ).map(([name, vcpus, mib]) => [
    name,
    {
      ...{ vcpus, memory: `${mib}MiB`, zero: "50%" },
      workload: `hot-set:wss=${mib / 8}MiB,rate=${1000 * vcpus}/s`,
    },
  ]),
);

const OBSERVED = ["memory", "zero", "workload"] as const;

/** The flavours by name: the scenario's own, and those that are built in. */
export function resolveFlavours(
  inputs: Readonly<Record<string, FlavourInput>>,
  context: FleetContext,
): ReadonlyMap<string, Flavour> {
  const all = [...FLAVOURS, ...filledIn("flavours", inputs, FLAVOURS, merged)];
  return new Map(all.map(([name, input]) => [name, flavour(name, input, context)]));
}

/** An observation takes the place of a description, and the other way round. */
function merged(base: FlavourInput, input: FlavourInput): FlavourInput {
  const { observation, memory, zero, workload, ...rest } = base;
  if (input.observation !== undefined) return { ...rest, ...input };
  const describes = OBSERVED.some((field) => input[field] !== undefined);
  return describes && observation !== undefined ? { ...rest, ...input } : { ...base, ...input };
}

function flavour(name: string, input: FlavourInput, context: FleetContext): Flavour {
  const path = `flavours.${name}`;
  const { vcpus = 1, vcpuSpeed = 1, pricePerHour = 0, observation, contract } = input;
  const observed =
    observation === undefined ? null : context.readObservation(`${path}.observation`, observation);
  if (observed !== null) refuseDescription(path, input);
  const scenario = oneMigration(path, input, context);
  const { machine } = scenario;
  const { disk, workload, zeroShare } = machine;
  return {
    ...{ name, vcpus, vcpuSpeed, pricePerHour },
    memoryBytes: pagesToBytes(observed?.contents.totalPages ?? machine.memoryPages),
    memory:
      observed === null
        ? { zeroShare, curve: curveOf(`${path}.workload`, workload), workload }
        : observedBehaviour(observed),
    stateBytes: machine.devices.reduce((sum, one) => sum + one.stateBytes, machine.cpuStateBytes),
    localDiskBytes: disk.kind === "local" ? disk.bytes : 0,
    diskWriteRate: disk.kind === "local" ? disk.writeRate : 0,
    assignedDevices: assignedDevices(machine),
    networkSwitchMs: networkSwitch(machine.network),
    move: moveSettings(scenario, input),
    contract: contract === undefined ? null : contractOf(`${path}.contract`, contract),
  };
}

function refuseDescription(path: string, input: FlavourInput): void {
  const twice = OBSERVED.find((field) => input[field] !== undefined);
  if (twice === undefined) return;
  const expected = "no such field with an observation, which brings it";
  throw new InvalidOptionError(`${path}.${twice}`, input[twice], expected);
}

/** A flavour's move is read as the scenario of one migration is, so it has the same words and refusals. */
function oneMigration(path: string, input: FlavourInput, context: FleetContext): Scenario {
  const fields = SCENARIO_FIELDS.filter((field) => input[field] !== undefined);
  const shared: ScenarioInput = Object.fromEntries(fields.map((field) => [field, input[field]]));
  return resolveScenario(shared, {
    ...contextWithoutFiles(),
    readPhases: (file) => context.readPhases(`${path}.workload`, file),
    traceBytes: (folder) => {
      const expected = "no trace; observe it, and give the observation";
      throw new InvalidOptionError(`${path}.workload`, folder, expected);
    },
    nameOf: (field) => `${path}.${field}`,
  });
}

function assignedDevices({ devices }: Scenario["machine"]): AssignedDevice[] {
  return devices
    .filter(({ passthrough }) => passthrough)
    .map(({ name, failover }) => ({
      name,
      hasStandIn: failover !== null,
      standInSlowdown: failover?.degradation ?? 0,
    }));
}

function networkSwitch(network: NetworkSpec): Milliseconds {
  if (network.kind === "none") return 0;
  return toMilliseconds(network.kind === "announce" ? network.learningNs : network.setupNs);
}

function moveSettings({ strategy, migration }: Scenario, input: FlavourInput): MoveSettings {
  const ms = (ns: number | null): Milliseconds | undefined =>
    ns === null ? undefined : toMilliseconds(ns);
  return {
    strategy,
    options: {
      policy: migration.policy,
      maxBandwidth: migration.maxBandwidth ?? undefined,
      downtimeLimitMs: ms(migration.downtimeLimitNs),
      maxRounds: migration.maxRounds ?? undefined,
      maxBytes: migration.maxBytes ?? undefined,
      dirtyThreshold: migration.dirtyThreshold ?? undefined,
      onNotConverged: migration.onNotConverged ?? undefined,
      giveUpAfterMs: ms(migration.giveUpAfterNs),
      autoConverge: input.autoConverge ? migration.autoConverge : null,
    },
  };
}

function contractOf(path: string, input: ContractInput): Contract {
  return {
    // Three nines: what clouds promise for a single VM.
    availability: parseShare(`${path}.availability`, input.availability ?? "99.9%"),
    pricePerDowntimeSecond: input.pricePerDowntimeSecond ?? 0,
    pricePerDegradedSecond: input.pricePerDegradedSecond ?? 0,
    freeDowntimeNs: timeOr(`${path}.freeDowntime`, input.freeDowntime, 0),
  };
}
