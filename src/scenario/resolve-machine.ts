import { type Bytes, MAX_PAGES, PAGE_SIZE, type PageCount } from "../units.js";
import type { WorkloadSpec } from "../workload/spec.js";
import type { FieldReader } from "./field-reader.js";
import { formatBytes } from "./quantities.js";
import type { ResolveContext } from "./resolve.js";
import { resolveDevices, resolveDisk, resolveNetwork } from "./resolve-devices.js";
import type { ContentsSpec, MachineSpec } from "./scenario.js";
import { parseWorkload, placeWorkload } from "./workload-spec.js";

/** Most memory that is held as real bytes. */
const MAX_CONTENT_BYTES: Bytes = 64 * 2 ** 30;

/** The guest. */
export function resolveMachine(fields: FieldReader, context: ResolveContext): MachineSpec {
  const option = fields.nameOf("workload");
  const locate = (path: string): string => context.locate?.("workload", path) ?? path;
  const readPhases = (path: string): unknown => context.readPhases(path);
  const components = parseWorkload(fields.text("workload"), { option, readPhases, locate });
  const contents = resolveContents(fields, components, context);
  const memoryPages = resolveMemory(fields, contents, context);
  return {
    memoryPages,
    contents,
    ...resolveShares(fields, contents),
    workload: placeWorkload(option, components, memoryPages),
    cpuStateBytes: fields.size("cpuState"),
    devices: resolveDevices(fields),
    disk: resolveDisk(fields),
    network: resolveNetwork(fields),
    power: fields.choice("power"),
    pauseNs: fields.time("pause"),
    resumeNs: fields.time("resume"),
    shutdownNs: fields.time("shutdown"),
    bootNs: fields.time("boot"),
  };
}

function resolveContents(
  fields: FieldReader,
  components: readonly WorkloadSpec[],
  context: ResolveContext,
): ContentsSpec {
  const traces = components.filter((component) => component.kind === "trace");
  if (traces.length > 1)
    throw fields.refuse("workload", "at most one trace: each is the memory of a whole guest");
  const trace = traces[0];
  const brings = trace === undefined ? "an image" : "a trace";
  if ((trace !== undefined || fields.has("image")) && fields.has("contents")) {
    throw fields.refuse("contents", `no such option with ${brings}, which brings its own contents`);
  }
  if (trace !== undefined && fields.has("image")) {
    throw fields.refuse(
      "image",
      `no image with a trace in ${fields.nameOf("workload")}: both are the guest's memory`,
    );
  }
  if (trace !== undefined) return { kind: "trace", folder: trace.folder };
  if (!fields.has("image")) return { kind: fields.choice<"statistical" | "generated">("contents") };
  const path = fields.text("image");
  if (path === "") throw fields.refuse("image", "the path of a file");
  return { kind: "image", path: context.locate?.("image", path) ?? path };
}

function resolveMemory(
  fields: FieldReader,
  contents: ContentsSpec,
  context: ResolveContext,
): PageCount {
  if (contents.kind === "image")
    return broughtMemory(fields, "image", context.imageBytes(contents.path));
  if (contents.kind === "trace")
    return broughtMemory(fields, "workload", context.traceBytes(contents.folder));
  const bytes = fields.size("memory");
  if (bytes === 0 || bytes % PAGE_SIZE !== 0 || bytes / PAGE_SIZE > MAX_PAGES) {
    throw fields.refuse("memory", "a multiple of 4096 bytes (a page), from 4096B to 16TiB");
  }
  if (contents.kind === "generated" && bytes > MAX_CONTENT_BYTES) {
    throw fields.refuse(
      "memory",
      "at most 64GiB with generated contents; statistical ones go to 16TiB",
    );
  }
  return bytes / PAGE_SIZE;
}

/** The memory that an image or a trace brings; a size that the caller gave as well must agree. */
function broughtMemory(fields: FieldReader, from: "image" | "workload", bytes: Bytes): PageCount {
  const what = from === "image" ? "an image" : "a trace";
  if (bytes === 0 || bytes % PAGE_SIZE !== 0 || bytes > MAX_CONTENT_BYTES) {
    throw fields.refuse(
      from,
      `${what} of whole pages of 4096 bytes, up to 64GiB; this one has ${bytes} bytes`,
    );
  }
  if (fields.has("memory") && fields.size("memory") !== bytes) {
    const size = `${bytes} bytes (${formatBytes(bytes)})`;
    throw fields.refuse(
      "memory",
      `${size}, which is what ${what} in ${fields.nameOf(from)} brings; or leave it away`,
    );
  }
  return bytes / PAGE_SIZE;
}

function resolveShares(
  fields: FieldReader,
  contents: ContentsSpec,
): { zeroShare: number; compressibleShare: number } {
  if (contents.kind === "image" || contents.kind === "trace") {
    for (const field of ["zero", "compressible"] as const) {
      const expected = `no such option with ${contents.kind === "image" ? "an image" : "a trace"}, whose pages are what they are`;
      if (fields.has(field)) throw fields.refuse(field, expected);
    }
  }
  const zeroShare = fields.share("zero");
  const compressibleShare = fields.share("compressible");
  // A hair above one is only the rounding of decimal shares.
  if (zeroShare + compressibleShare > 1 + 1e-12) {
    throw fields.refuse(
      "compressible",
      `at most what ${fields.nameOf("zero")} (${fields.text("zero")}) leaves of 100%`,
    );
  }
  return { zeroShare, compressibleShare };
}
