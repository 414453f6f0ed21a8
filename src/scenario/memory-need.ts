import { InvalidOptionError } from "../errors.js";
import { formatBytes } from "../quantity-text.js";
import { type Bytes, pagesToBytes } from "../units.js";
import type { FieldName } from "./input.js";
import type { ContentsSpec, MachineSpec, Scenario } from "./scenario.js";
import type { OptionNames } from "./shape.js";

/** The option that decides how many real bytes there are. */
const DECIDED_BY: Readonly<Record<ContentsSpec["kind"], FieldName>> = {
  statistical: "memory",
  generated: "memory",
  image: "image",
  trace: "workload",
};

/**
 * How many such migrations fit into so much memory at the same time: each holds the guest's bytes twice, and
 * what its delta cache may hold.
 */
export function migrationsWithin(
  freeBytes: Bytes,
  { machine, migration }: Pick<Scenario, "machine" | "migration">,
): number {
  if (machine.contents.kind === "statistical") return Number.POSITIVE_INFINITY;
  const bytes = pagesToBytes(machine.memoryPages);
  return Math.floor(freeBytes / (2 * bytes + Math.min(migration.xbzrleCacheBytes, bytes)));
}

/**
 * Refuses real contents that this computer could not hold: the system would end the process half-way
 * without a word. Source and target each hold all of them.
 */
export function refuseMoreThanMemory(
  machine: MachineSpec,
  memoryBytes: Bytes,
  nameOf: OptionNames = (field) => field,
): void {
  const { kind } = machine.contents;
  const bytes = pagesToBytes(machine.memoryPages);
  if (kind === "statistical" || 2 * bytes <= memoryBytes) return;
  throw new InvalidOptionError(
    nameOf(DECIDED_BY[kind]),
    formatBytes(bytes),
    `at most ${formatBytes(memoryBytes / 2)} of real bytes, as source and target hold them both in this computer's memory of ${formatBytes(memoryBytes)}`,
  );
}
