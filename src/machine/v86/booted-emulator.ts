import { InvalidOptionError } from "../../errors.js";
import type { V86Emulator, V86Exports, V86Library } from "./emulator.js";
import { linuxBootImage } from "./linux-guest.js";
import type { ResolvedV86Options, V86Guest } from "./options.js";
import { type FaultHook, type PortRead, withFaults } from "./patched-module.js";

/** An emulator that stands at its first instruction, and the module that it runs on. */
export interface BootedEmulator {
  readonly emulator: V86Emulator;
  readonly exports: V86Exports;
}

/** What v86's module wants from its host, as far as it is replaced. */
interface V86Imports {
  readonly env: Record<string, unknown> & { io_port_read32: PortRead };
}

/** WebAssembly's way to suspend, which TypeScript's library does not know yet. */
export interface Jspi {
  readonly Suspending: new (call: PortRead) => PortRead;
  promising<Parameters extends number[], Result>(
    call: (...parameters: Parameters) => Result,
  ): (...parameters: Parameters) => Promise<Result>;
}

export const jspi: Jspi = WebAssembly as unknown as Jspi;

/** Makes v86's emulator over a compiled module, and boots what there is to boot. */
export async function bootEmulator(
  { V86 }: V86Library,
  module: WebAssembly.Module,
  options: ResolvedV86Options,
  screen: Record<string, unknown> | undefined,
  fault: () => FaultHook | null,
): Promise<BootedEmulator> {
  const { guest, network, demand } = options;
  let exports: V86Exports | undefined;
  const instantiate = async (imports: V86Imports): Promise<unknown> => {
    const { env } = imports;
    const read = withFaults(env.io_port_read32, fault);
    env.io_port_read32 = demand === "suspending" ? new jspi.Suspending(read) : read;
    const instance = await WebAssembly.instantiate(module, imports as never);
    exports = instance.exports as unknown as V86Exports;
    return exports;
  };
  let emulator: V86Emulator | undefined;
  await new Promise<void>((resolve, reject) => {
    // v86 does not say when it could not be instantiated.
    const wasmFunction = (imports: V86Imports): Promise<unknown> =>
      instantiate(imports).catch((cause: unknown) => {
        reject(new InvalidOptionError("wasm", "a module that does not fit", "v86.wasm", { cause }));
        return new Promise(() => {});
      });
    emulator = new V86({
      wasm_fn: wasmFunction,
      memory_size: options.memoryBytes,
      vga_memory_size: options.vgaMemoryBytes,
      net_device: { type: network ?? "none" },
      // A moved guest knows its card by its address.
      preserve_mac_from_state_image: true,
      autostart: false,
      acpi: false,
      disable_speaker: true,
      disable_keyboard: screen === undefined,
      disable_mouse: screen === undefined,
      ...(screen && { screen }),
      ...(guest && {
        multiboot: { buffer: new Uint8Array(imageOf(guest)).buffer },
        cmdline: ("multiboot" in guest && guest.commandLine) || "",
      }),
    });
    emulator.add_listener("emulator-loaded", () => resolve());
  });
  return { emulator: emulator as V86Emulator, exports: exports as unknown as V86Exports };
}

function imageOf(guest: V86Guest): Uint8Array {
  return "linux" in guest ? linuxBootImage(guest.linux) : guest.multiboot;
}
