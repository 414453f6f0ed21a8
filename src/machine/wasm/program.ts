import { InvalidOptionError } from "../../errors.js";
import type { Bytes } from "../../units.js";
import type { Build } from "./barrier.js";
import { instrument } from "./instrument.js";
import { layMemoriesOut, type MemoryLayout, WASM_PAGE } from "./layout.js";
import { readModule, type WasmModule } from "./module.js";
import { type Survey, survey } from "./survey.js";

/** A module that was read, laid out and compiled in all its builds; machines of one program share it. */
export interface WasmProgram {
  readonly module: WasmModule;
  readonly survey: Survey;
  readonly layouts: readonly MemoryLayout[];
  readonly builds: Readonly<Record<Build, WebAssembly.Module>>;
}

/** Most that a memory may grow to unless said otherwise. */
const DEFAULT_LIMIT: Bytes = 256 * 2 ** 20;

/**
 * Makes a program of a module.
 *
 * @param limits - What each memory may grow to; a number goes for all of them. Default: what it declares, at most 256 MiB or what it begins with.
 * @throws InvalidOptionError when it is no module, cannot be moved, or the engine does not run it.
 */
export async function makeProgram(
  bytes: Uint8Array,
  limits?: Bytes | readonly Bytes[],
): Promise<WasmProgram> {
  const module = readModule(bytes);
  try {
    // Whatever is read of it later is sound, and what it got wrong by itself is said of it, not of its builds.
    await WebAssembly.compile(bytes.slice());
    const found = survey(module);
    const each = module.memories.map(({ min }) => {
      if (typeof limits === "number") return limits;
      return Math.max(DEFAULT_LIMIT, min * WASM_PAGE);
    });
    const wanted = typeof limits === "object" ? limits : each;
    const layouts = layMemoriesOut(module, wanted, found.registers.length);
    const compiled = (build: Build): Promise<WebAssembly.Module> =>
      WebAssembly.compile(instrument(module, found, layouts, build));
    const [plain, log, demand] = await Promise.all([
      compiled("plain"),
      compiled("log"),
      compiled("demand"),
    ]);
    return { module, survey: found, layouts, builds: { plain, log, demand } };
  } catch (error) {
    if (!(error instanceof WebAssembly.CompileError)) throw error;
    throw new InvalidOptionError("module", error.message, "a module that this engine runs", {
      cause: error,
    });
  }
}
