import { fileURLToPath } from "node:url";
import type { Command } from "commander";
import { fileContext } from "../files/scenario-files.js";
import type { ScenarioInput } from "../scenario/input.js";
import { compare } from "./compare.js";
import type { CliWorld, ExitCode } from "./world.js";

/** Recorded memory of a small key-value store under load; it comes with the package. */
const FIXTURE: URL = new URL("../../fixtures/kv-store", import.meta.url);

/** `godwit demo`: the comparison over real recorded memory, without any option needed. */
export function addDemoCommand(
  program: Command,
  world: CliWorld,
  exit: (code: ExitCode) => void,
): void {
  program
    .command("demo")
    .summary("migrate a small recorded guest under every strategy")
    .description(
      "Migrates a small guest with real recorded memory under every strategy, and writes an HTML report.",
    )
    .optionsGroup("Results:")
    .option("--json", "print the reports as a JSON array and nothing else")
    .option("--html <FILE>", "where to write the report", "godwit-demo.html")
    .option("--no-html", "write no report")
    .helpOption("-h, --help", "print this help")
    .action(async (flags: { json?: boolean; html: string | false }) => {
      const context = { ...fileContext(world.folder, "demo", "demo"), nameOf: () => "demo" };
      exit(
        await compare(
          world,
          { input: demoScenario(), context, inputs: () => [] },
          flags,
          "A key-value store moves house",
        ),
      );
    });
}

/**
 * The fixture is a guest of 16 MiB with the state of a microVM, so its link is as much smaller than today's:
 * at 40 Mbit/s the full copy takes two seconds, and after three rounds some pages are still dirty. There the
 * strategies part: pre-copy stops and sends them, hybrid lets them follow the guest.
 */
function demoScenario(): ScenarioInput {
  return {
    workload: `trace:${fileURLToPath(FIXTURE)}`,
    bandwidth: "40Mbit/s",
    downtimeLimit: "20ms",
    maxRounds: 3,
    cpuState: "8KiB",
    device: "virtio:12KiB",
  };
}
