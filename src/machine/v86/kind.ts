import * as v from "valibot";
import { InvalidOptionError } from "../../errors.js";
import type { Machine, MachineConfiguration, MachineKind, MachineLimits } from "../machine.js";
import { V86_VERSION } from "./layout.js";
import type { V86Options } from "./options.js";
import { V86_KIND, V86Machine } from "./v86-machine.js";

const Configuration = v.strictObject({
  version: v.string(),
  memoryBytes: v.number(),
  vgaMemoryBytes: v.number(),
  network: v.nullable(v.picklist(["ne2k", "virtio"])),
});

/** What the place of a machine decides, wherever the machine comes from. */
export type V86Place = Pick<V86Options, "wasm" | "library" | "log" | "demand" | "screen" | "warm">;

/**
 * Builds PCs for machines that arrive.
 *
 * @param place - What is particular to this host, such as where `v86.wasm` is. They are warmed by default.
 */
export function v86KindAt(place: V86Place = {}): MachineKind {
  return {
    kind: V86_KIND,
    build: (configuration, limits) => build(configuration, limits, place),
  };
}

/** Builds PCs where v86 is found by itself, that is in Node. */
export const v86Kind: MachineKind = v86KindAt();

async function build(
  configuration: MachineConfiguration,
  limits: MachineLimits,
  place: V86Place,
): Promise<Machine> {
  const parsed = v.safeParse(Configuration, configuration);
  if (!parsed.success) {
    const [issue] = parsed.issues;
    throw new InvalidOptionError(
      `configuration.${v.getDotPath(issue) ?? ""}`,
      issue.input,
      `the configuration of a v86 PC (${issue.message})`,
    );
  }
  const { version, memoryBytes, vgaMemoryBytes, network } = parsed.output;
  if (version !== V86_VERSION) {
    throw new InvalidOptionError("configuration.version", version, `v86 ${V86_VERSION}`);
  }
  for (const [name, bytes] of Object.entries({ memoryBytes, vgaMemoryBytes })) {
    if (bytes <= limits.memoryBytes) continue;
    throw new InvalidOptionError(`configuration.${name}`, bytes, `at most ${limits.memoryBytes}`);
  }
  return V86Machine.create({ warm: true, ...place, memoryBytes, vgaMemoryBytes, network });
}
