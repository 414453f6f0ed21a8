import * as v from "valibot";
import { InvalidOptionError, WireFormatError } from "../errors.js";
import type { MoveReport } from "../move/source.js";
import { decodeJson } from "../wire/json-body.js";
import type {
  ControlReply,
  ControlRequest,
  MachineStatus,
  MachineToStart,
  MoveSettings,
} from "./control-messages.js";
import { reportSchema, roundSchema } from "./report-schema.js";

/** Most bytes of a file that comes with a request, and of a document. */
export const MAX_FILE_BYTES: number = 512 * 2 ** 20;
/** Most machines of a host. */
export const MOST_MACHINES = 1024;

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;
const NAME_WORDS = "1 to 63 letters, digits, dots, dashes and underscores, a letter or digit first";

const name = v.pipe(v.string(), v.regex(NAME));
const text = v.pipe(v.string(), v.maxLength(4096));
const number = v.pipe(v.number(), v.finite());
const bytes = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const fileBytes = v.pipe(bytes, v.maxValue(MAX_FILE_BYTES));

const machineToStart: v.GenericSchema<unknown, MachineToStart> = v.strictObject({
  kind: v.literal("v86"),
  memoryBytes: bytes,
  network: v.nullable(v.picklist(["ne2k", "virtio"])),
  guest: v.strictObject({
    type: v.picklist(["test", "multiboot", "linux"]),
    commandLine: v.optional(text),
  }),
});

/** The engine checks ranges and what excludes what; here only the kinds of values are. */
const moveSettings: v.GenericSchema<unknown, MoveSettings> = v.strictObject({
  policy: v.optional(text),
  maxBandwidth: v.optional(number),
  downtimeLimitMs: v.optional(number),
  maxRounds: v.optional(number),
  maxBytes: v.optional(number),
  dirtyThreshold: v.optional(number),
  onNotConverged: v.optional(v.picklist(["abort", "stop", "post-copy"])),
  giveUpAfterMs: v.optional(number),
  xbzrleCacheBytes: v.optional(number),
  autoConverge: v.nullish(
    v.strictObject({ initial: number, increment: number, max: number, trigger: number }),
  ),
  order: v.optional(v.picklist(["address", "cold-first"])),
  skipDirty: v.optional(v.boolean()),
  prepaging: v.optional(v.picklist(["bubble", "forward", "none"])),
  pivots: v.optional(number),
  epochMs: v.optional(number),
  verify: v.optional(v.picklist(["sent", "memory", "none"])),
  compression: v.optional(v.picklist(["none", "lz4", "auto"])),
});

const request: v.GenericSchema<unknown, ControlRequest> = v.variant("type", [
  v.strictObject({
    type: v.literal("start"),
    name,
    machine: machineToStart,
    files: v.pipe(v.array(fileBytes), v.maxLength(2)),
  }),
  v.strictObject({ type: v.literal("list") }),
  v.strictObject({ type: v.literal("stop"), name, force: v.boolean() }),
  v.strictObject({ type: v.literal("console"), name }),
  v.strictObject({
    type: v.literal("move"),
    name,
    to: text,
    strategy: v.picklist(["cold", "stop-and-copy", "pre-copy", "post-copy", "hybrid"]),
    settings: moveSettings,
  }),
]);

const phase = v.picklist(["push", "stop-and-copy", "pull"]);

const reply: v.GenericSchema<unknown, ControlReply> = v.variant("type", [
  v.strictObject({ type: v.literal("done") }),
  v.strictObject({ type: v.literal("go-ahead") }),
  v.strictObject({ type: v.literal("document"), bytes: fileBytes }),
  v.strictObject({ type: v.literal("attached") }),
  v.strictObject({ type: v.literal("ended"), movedTo: v.nullable(text), reason: text }),
  v.strictObject({ type: v.literal("begun"), memoryBytes: bytes }),
  v.strictObject({ type: v.literal("round"), round: roundSchema }),
  v.strictObject({
    type: v.literal("progress"),
    progress: v.strictObject({
      elapsedMs: number,
      remainingPages: number,
      phase,
      round: number,
    }),
  }),
  v.strictObject({ type: v.literal("note"), text }),
  v.strictObject({
    type: v.literal("refused"),
    tag: text,
    message: text,
    peer: v.optional(text),
    option: v.optional(text),
    value: v.optional(text),
    expected: v.optional(text),
  }),
]);

const machineList: v.GenericSchema<unknown, MachineStatus[]> = v.pipe(
  v.array(
    v.strictObject({
      name,
      kind: text,
      memoryBytes: bytes,
      state: v.picklist([
        "starting",
        "running",
        "arriving",
        "moving",
        "in-doubt",
        "incomplete",
        "lost",
      ]),
      detail: v.nullable(text),
      cameFrom: v.nullable(text),
      uptimeMs: v.pipe(number, v.minValue(0)),
    }),
  ),
  v.maxLength(MOST_MACHINES),
);

const cancel = v.strictObject({ type: v.literal("cancel") });

/** A request of a client, from a frame's body. */
export function readRequest(body: Uint8Array): ControlRequest {
  return decodeJson(body, request, "a request");
}

/** What a client may say after its request: of a move, to give it up. */
export function readCancel(body: Uint8Array): void {
  decodeJson(body, cancel, "a request to cancel");
}

/** A host's reply, from a frame's body. */
export function readReply(body: Uint8Array): ControlReply {
  return decodeJson(body, reply, "a reply");
}

/** The document that answers `list`. */
export function readMachines(json: unknown): MachineStatus[] {
  return read(machineList, json, "a list of machines");
}

/** The document that ends a move. */
export function readReport(json: unknown): MoveReport {
  return read(reportSchema, json, "a report");
}

/**
 * Checks a machine's name.
 *
 * @param option - Name of the option, for the error.
 */
export function checkName(option: string, given: string): string {
  if (NAME.test(given)) return given;
  throw new InvalidOptionError(option, given, NAME_WORDS);
}

function read<T>(schema: v.GenericSchema<unknown, T>, json: unknown, what: string): T {
  const result = v.safeParse(schema, json, { abortEarly: true });
  if (result.success) return result.output;
  const [issue] = result.issues;
  const path = v.getDotPath(issue) ?? "";
  const place = path === "" ? "" : ` (${path.slice(0, 100)})`;
  throw new WireFormatError(`the peer sent something else than ${what}${place}`, -1);
}
