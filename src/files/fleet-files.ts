import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { gunzipSync } from "node:zlib";
import { InvalidOptionError } from "../errors.js";
import { controllers as known } from "../fleet/control/registry.js";
import type { FleetContext, TraceRequest } from "../fleet/scenario/context.js";
import { parseAzure } from "../fleet/scenario/traces/azure.js";
import { parseBitbrainsFiles } from "../fleet/scenario/traces/bitbrains.js";
import type { LoadTrace } from "../fleet/scenario/traces/load-trace.js";
import {
  type NamedText,
  parsePlanetLabFiles,
  parsePlanetLabTable,
} from "../fleet/scenario/traces/planetlab.js";
import { checkObservation } from "../observe/check-observation.js";
import type { Bytes } from "../units.js";
import { attempt, statOf, statOfReadable } from "./file-errors.js";
import { readJsonFile } from "./scenario-files.js";

/** Longest file of a trace; a day of Azure's readings is some 100 MB, and strings end at 512 MiB. */
const MAX_FILE_BYTES: Bytes = 400 * 2 ** 20;
/** Files of a folder; PlanetLab's days have at most 1,516. */
const MAX_FILES = 100_000;

/** Where a path in a scenario leads; may refuse it by the option that named it. */
export type LocateFile = (option: string, path: string) => string;

/** A context that knows which files it was asked for. */
export interface FleetFileContext extends FleetContext {
  /** Absolute paths of all that was read so far: nothing may be written over them. */
  readonly filesRead: ReadonlySet<string>;
}

/**
 * What a fleet's scenario may ask about files; relative paths start from `folder`, unless `locate` has its
 * own mind. A trace that several groups of VMs name is read once.
 */
export function fleetFileContext(
  folder: string,
  controllers: FleetContext["controllers"] = known,
  locate: LocateFile = (_, path) => resolve(folder, path),
): FleetFileContext {
  const filesRead = new Set<string>();
  const place: LocateFile = (option, path) => {
    const absolute = locate(option, path);
    filesRead.add(absolute);
    return absolute;
  };
  const traces = new Map<string, LoadTrace>();
  return {
    controllers,
    filesRead,
    readObservation: (option, path) =>
      checkObservation(readJsonFile(option, place(option, path), path), option),
    readPhases: (option, path) => readJsonFile(option, place(option, path), path),
    readTrace: (option, request) => {
      const key = JSON.stringify(request);
      const trace = traces.get(key) ?? readTrace(option, request, place);
      traces.set(key, trace);
      return trace;
    },
  };
}

function readTrace(
  option: string,
  { path, format, vmtable }: TraceRequest,
  locate: LocateFile,
): LoadTrace {
  const target = locate(option, path);
  const isFolder = statOf(option, target, "a trace, a file or a folder", path).isDirectory();
  const files = isFolder ? namesIn(option, target, path) : [""];
  const texts = lazily(files, (file) => {
    const shown = file === "" ? path : `${path}/${file}`;
    const located = file === "" ? target : locate(option, join(path, file));
    return { name: shown, text: readText(option, located, shown) };
  });
  if (format === "azure") {
    const shown = vmtable ?? "";
    return parseAzure({ name: shown, text: readText(option, locate(option, shown), shown) }, texts);
  }
  if (format === "bitbrains") return parseBitbrainsFiles(texts);
  if (isFolder) return parsePlanetLabFiles(texts);
  const [file] = [...texts];
  return file?.text.startsWith("vm,")
    ? parsePlanetLabTable(path, file.text)
    : parsePlanetLabFiles(file === undefined ? [] : [file]);
}

/** Files are read when their turn comes, so that no two need be in memory. */
function* lazily(
  files: readonly string[],
  read: (file: string) => NamedText,
): Generator<NamedText> {
  for (const file of files) yield read(file);
}

function namesIn(option: string, folder: string, shown: string): string[] {
  const entries = attempt(option, shown, "a folder that can be read", () =>
    readdirSync(folder, { withFileTypes: true }),
  );
  const names = entries
    .filter((entry) => entry.isFile() && !entry.name.startsWith("."))
    .map(({ name }) => name)
    .sort();
  if (names.length > 0 && names.length <= MAX_FILES) return names;
  throw new InvalidOptionError(option, shown, `a folder of 1 to ${MAX_FILES} files of a trace`);
}

/** Text of a file, unpacked where its name ends in .gz. */
function readText(option: string, path: string, shown: string): string {
  const status = statOfReadable(option, path, "a file of a trace", shown);
  const tooLong = () =>
    new InvalidOptionError(option, shown, `a file of at most ${MAX_FILE_BYTES / 2 ** 20} MiB`);
  if (status.size > MAX_FILE_BYTES) throw tooLong();
  const bytes = attempt(option, shown, "a file that can be read", () => readFileSync(path));
  if (!path.endsWith(".gz")) return bytes.toString("latin1");
  try {
    return gunzipSync(bytes, { maxOutputLength: MAX_FILE_BYTES }).toString("latin1");
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE") throw tooLong();
    throw new InvalidOptionError(option, shown, "a whole gzip file", { cause });
  }
}
