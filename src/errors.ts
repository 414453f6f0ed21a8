/**
 * What can go wrong for the caller, each with a literal `tag` and fields that say what and why.
 * A fault of godwit itself is never one of these: it is an `AssertionError` from {@link assert}.
 */

/** Side of a migration on which the guest is. */
export type Side = "source" | "target";

abstract class TaggedError extends Error {
  abstract readonly tag: string;
  override get name(): string {
    return this.tag;
  }
}

/** An option, a scenario field or a command-line flag has a value that cannot be used. */
export class InvalidOptionError extends TaggedError {
  readonly tag = "InvalidOptionError";
  /** Name of the option as the caller wrote it. */
  readonly option: string;
  /** The offending value. */
  readonly value: unknown;
  /** What would have been accepted, in words. */
  readonly expected: string;
  constructor(option: string, value: unknown, expected: string, options?: ErrorOptions) {
    super(`${option}: got ${describe(value)}, expected ${expected}`, options);
    this.option = option;
    this.value = value;
    this.expected = expected;
  }
}

/** A device of the machine cannot be migrated live (a directly assigned physical device without failover). */
export class MigrationBlockedError extends TaggedError {
  readonly tag = "MigrationBlockedError";
  readonly device: string;
  constructor(device: string, reason: string) {
    super(`device ${device} blocks live migration: ${reason}`);
    this.device = device;
  }
}

/** The migration was given up because it did not converge; the guest runs on at the source. */
export class NotConvergedError extends TaggedError {
  readonly tag = "NotConvergedError";
  readonly runningOn: Side = "source";
}

/** The link failed, and did not come back within its timeout. */
export class LinkFailedError extends TaggedError {
  readonly tag = "LinkFailedError";
  /** When the link went down, nanoseconds since the start of the simulation. */
  readonly atNs: number;
  constructor(message: string, atNs: number) {
    super(message);
    this.atNs = atNs;
  }
}

/** A program at the other end (a QEMU, its monitor) is not there, refused, did not answer, or vanished. */
export class PeerFailedError extends TaggedError {
  readonly tag = "PeerFailedError";
  /** Address of the peer as the caller wrote it. */
  readonly peer: string;
  /** What happened, in words. */
  readonly reason: string;
  constructor(peer: string, reason: string, options?: ErrorOptions) {
    super(`${peer}: ${reason}`, options);
    this.peer = peer;
    this.reason = reason;
  }
}

/**
 * The source said go and never heard whether the target did: the machine stays paused here, since it may
 * run there.
 */
export class InDoubtError extends TaggedError {
  readonly tag = "InDoubtError";
  /** The target. */
  readonly peer: string;
  constructor(peer: string, options?: ErrorOptions) {
    super(
      `in doubt: whether ${peer} runs the machine is not known; it stays paused at the source`,
      options,
    );
    this.peer = peer;
  }
}

/** Bytes from a peer or a file break the format. */
export class WireFormatError extends TaggedError {
  readonly tag = "WireFormatError";
  /** Where in the input the fault is, in bytes; -1 when it has no place. */
  readonly offset: number;
  constructor(message: string, offset: number, options?: ErrorOptions) {
    super(offset < 0 ? message : `${message} (at byte ${offset})`, options);
    this.offset = offset;
  }
}

/** The target's memory differs from what the source held. */
export class VerificationError extends TaggedError {
  readonly tag = "VerificationError";
  /** How many pages differ. */
  readonly differingPages: number;
  constructor(differingPages: number) {
    super(`${differingPages} pages at the target differ from the source`);
    this.differingPages = differingPages;
  }
}

/** The caller's `AbortSignal` ended the migration. */
export class AbortedError extends TaggedError {
  readonly tag = "AbortedError";
}

/** Every error that godwit throws on purpose. */
export type GodwitError =
  | InvalidOptionError
  | MigrationBlockedError
  | NotConvergedError
  | LinkFailedError
  | PeerFailedError
  | InDoubtError
  | WireFormatError
  | VerificationError
  | AbortedError;

/** Whether `error` is one of godwit's own, and, when tags are named, one of those. */
export function isGodwitError<Tag extends GodwitError["tag"]>(
  error: unknown,
  ...tags: Tag[]
): error is Extract<GodwitError, { tag: Tag }> {
  if (!(error instanceof TaggedError)) return false;
  return tags.length === 0 || (tags as string[]).includes(error.tag);
}

/** Our own bug: a condition that must hold did not. */
export class AssertionError extends Error {
  override readonly name = "AssertionError";
}

/** Stops with an {@link AssertionError} unless `condition` holds; stays on in production. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new AssertionError(`godwit bug: ${message}`);
}

function describe(value: unknown): string {
  if (value === undefined) return "nothing";
  const text = typeof value === "string" ? JSON.stringify(value) : String(value);
  return text.length > 200 ? `${text.slice(0, 200)}...` : text;
}
