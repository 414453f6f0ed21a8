import { InvalidOptionError } from "../../errors.js";
import type { Bytes } from "../../units.js";
import type { MachineConfiguration, MachineKind, MachineLimits } from "../machine.js";
import { checkApplication, type WasmApplication } from "./application.js";
import { moduleDigest } from "./module-digest.js";
import { makeProgram } from "./program.js";
import { WasmMachine } from "./wasm-machine.js";

/**
 * The kind of machines that run these applications. A peer names a module by its SHA-256; one that is not
 * among them is refused, so nobody brings code along.
 */
export function wasmKind(applications: WasmApplication | readonly WasmApplication[]): MachineKind {
  const known = (Array.isArray(applications) ? applications : [applications]).map(
    (application: WasmApplication) => ({ application, digest: moduleDigest(application.module) }),
  );
  for (const { digest } of known) digest.catch(() => {});
  return {
    kind: "wasm",
    async build(configuration, limits) {
      for (const { application, digest } of known) {
        if ((await digest) !== configuration["module"]) continue;
        const memoryBytes = readMemoryBytes(configuration, limits);
        const program = await makeProgram(application.module, memoryBytes);
        checkApplication(application, program);
        const isSame = program.layouts.every(({ map }, index) => map === memoryBytes[index]);
        if (!isSame || program.layouts.length !== memoryBytes.length) {
          throw refuse("memoryBytes", memoryBytes, "sizes that the module's memories can have");
        }
        return new WasmMachine({ application, program, digest: await digest });
      }
      throw refuse("module", configuration["module"], "SHA-256 of a module that is accepted here");
    },
  };
}

function readMemoryBytes(
  { memoryBytes }: MachineConfiguration,
  { memoryBytes: most }: MachineLimits,
): Bytes[] {
  const isList = Array.isArray(memoryBytes) && memoryBytes.length >= 1 && memoryBytes.length <= 100;
  if (!isList || !memoryBytes.every((bytes) => Number.isSafeInteger(bytes) && bytes > 0)) {
    throw refuse("memoryBytes", memoryBytes, "the size of each memory");
  }
  const sum = memoryBytes.reduce((total, bytes) => total + bytes, 0);
  if (sum > most) throw refuse("memoryBytes", sum, `at most ${most} bytes in all`);
  return memoryBytes;
}

function refuse(field: string, value: unknown, expected: string): InvalidOptionError {
  return new InvalidOptionError(`configuration.${field}`, value, expected);
}
