/** What a monitor says in a line, and what a line may hold. */

/** An event of QEMU. */
export interface QmpEvent {
  /** Its name, such as `MIGRATION` or `STOP`. */
  readonly event: string;
  readonly data: Readonly<Record<string, unknown>>;
  /** When it happened by the host's clock, ms since 1970. */
  readonly timestampMs: number;
}

/** What QEMU says of itself when it is connected. */
export interface QmpGreeting {
  /** Its version, such as `[7, 2, 22]`. */
  readonly version: readonly [major: number, minor: number, micro: number];
  /** What the monitor can do beyond commands, such as `oob`. */
  readonly capabilities: readonly string[];
}

/** One line, read. */
export type QmpMessage =
  | { readonly kind: "greeting"; readonly greeting: QmpGreeting }
  | { readonly kind: "event"; readonly event: QmpEvent }
  | { readonly kind: "answer"; readonly id: number | null; readonly value: unknown }
  | {
      readonly kind: "refusal";
      readonly id: number | null;
      readonly errorClass: string;
      readonly description: string;
    };

/** Reads a line; null for what no monitor says. */
export function readQmpMessage(line: string): QmpMessage | null {
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch {
    return null;
  }
  if (!isRecord(json)) return null;
  if (isRecord(json["QMP"])) return readGreeting(json["QMP"]);
  if (typeof json["event"] === "string") return readEvent(json["event"], json);
  const id = typeof json["id"] === "number" ? json["id"] : null;
  if (isRecord(json["error"])) {
    const { class: errorClass, desc } = json["error"];
    return {
      kind: "refusal",
      id,
      errorClass: typeof errorClass === "string" ? errorClass : "GenericError",
      description: typeof desc === "string" ? desc.slice(0, 1000) : "without a reason",
    };
  }
  return "return" in json ? { kind: "answer", id, value: json["return"] } : null;
}

function readGreeting(body: Readonly<Record<string, unknown>>): QmpMessage | null {
  const version = isRecord(body["version"]) ? body["version"]["qemu"] : null;
  if (!isRecord(version)) return null;
  const { major, minor, micro } = version;
  if (typeof major !== "number" || typeof minor !== "number") return null;
  const listed = Array.isArray(body["capabilities"]) ? body["capabilities"] : [];
  const capabilities = listed.filter((one) => typeof one === "string");
  return {
    kind: "greeting",
    greeting: {
      version: [major, minor, typeof micro === "number" ? micro : 0],
      capabilities,
    },
  };
}

function readEvent(event: string, body: Readonly<Record<string, unknown>>): QmpMessage {
  const { data, timestamp } = body;
  const { seconds, microseconds } = isRecord(timestamp) ? timestamp : {};
  const timestampMs = (Number(seconds) || 0) * 1000 + (Number(microseconds) || 0) / 1000;
  return { kind: "event", event: { event, data: isRecord(data) ? data : {}, timestampMs } };
}

/** Whether a value from a peer is an object with fields. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
