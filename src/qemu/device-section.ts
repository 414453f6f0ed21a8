import { WireFormatError } from "../errors.js";
import { isPlausibleCommand } from "./commands.js";
import { quoted } from "./ram-blocks.js";
import type { StreamReader } from "./stream-reader.js";
import type { SectionHeader } from "./stream-visitor.js";
import { Section } from "./wire.js";

/** The footer: a byte and the section's number. */
const FOOTER = 5;

/** What the search for a section's end knows of its surroundings. */
export interface Surroundings {
  /** Most bytes the section may have. */
  readonly limit: number;
  /** Whether a section of this number was started, so that parts of it may follow. */
  isStarted(sectionId: number): boolean;
  /** Whether the stream may end right behind a footer, as a package does. */
  readonly mayEnd: boolean;
  /**
   * Whether the source is at the other end of a link. With nothing more to say it keeps silent until it is
   * answered, so nothing is waited for behind the byte that ends the stream.
   */
  readonly isLive: boolean;
}

/**
 * Reads the body of a section whose format is not known, and its footer.
 *
 * Sections have no length. Their end is where the footer of this very section is followed by what may
 * follow one; the description at the stream's end, where there is one, then confirms the sizes.
 *
 * @returns A copy of the body.
 * @throws WireFormatError when no end is found within the limit.
 */
export async function readUnknownBody(
  reader: StreamReader,
  section: SectionHeader,
  around: Surroundings,
): Promise<Uint8Array> {
  const at = reader.offset;
  let isComplete = false;
  for (let from = 0; ; ) {
    const found = findFooter(reader, section.sectionId, from, isComplete, around);
    if (found.end >= 0) {
      const body = reader.take(found.end).slice();
      reader.take(FOOTER);
      return body;
    }
    from = found.lookedAt;
    if (from > around.limit) {
      throw new WireFormatError(`${label(section)} has no end within ${around.limit} bytes`, at);
    }
    if (isComplete) {
      throw new WireFormatError(
        `the stream ends inside ${label(section)}`,
        reader.offset + reader.available,
      );
    }
    if (!(await reader.extend())) isComplete = true;
  }
}

/** Looks from `from` bytes on; answers where the body ends, or -1 and how far there is no doubt. */
function findFooter(
  reader: StreamReader,
  sectionId: number,
  from: number,
  isComplete: boolean,
  around: Surroundings,
): { readonly end: number; readonly lookedAt: number } {
  const { bytes, view, position } = reader;
  for (let at = position + from; ; at++) {
    at = bytes.indexOf(Section.footer, at);
    if (at < 0) return { end: -1, lookedAt: reader.available };
    if (bytes.length - at < FOOTER) return { end: -1, lookedAt: at - position };
    if (view.getUint32(at + 1) !== sectionId) continue;
    const next = judgeNext(reader, at + FOOTER, isComplete, around);
    if (next === "plausible") return { end: at - position, lookedAt: at - position };
    if (next === "unclear") return { end: -1, lookedAt: at - position };
  }
}

type Judgement = "plausible" | "impossible" | "unclear";

/** Whether what lies at `at` may follow a footer; unclear as long as too little of it has come. */
function judgeNext(
  { bytes, view }: StreamReader,
  at: number,
  isComplete: boolean,
  around: Surroundings,
): Judgement {
  const have = bytes.length - at;
  // What has not come yet cannot speak against it, unless nothing more comes.
  const missing: Judgement = isComplete ? "impossible" : "unclear";
  if (have === 0) return isComplete && around.mayEnd ? "plausible" : missing;
  switch (bytes[at]) {
    case Section.eof:
      if (around.isLive) return "plausible";
      if (have === 1) return isComplete ? "plausible" : "unclear";
      return bytes[at + 1] === Section.description ? "plausible" : "impossible";
    case Section.part:
    case Section.end:
      if (have < 5) return missing;
      return around.isStarted(view.getUint32(at + 1)) ? "plausible" : "impossible";
    case Section.command:
      if (have < 5) return missing;
      return isPlausibleCommand(view.getUint16(at + 1), view.getUint16(at + 3))
        ? "plausible"
        : "impossible";
    case Section.start:
    case Section.full:
      return judgeHeader(bytes, view, at + FOOTER, missing);
    default:
      return "impossible";
  }
}

/** A name's length, a printable name, an instance and a version. */
function judgeHeader(bytes: Uint8Array, view: DataView, at: number, missing: Judgement): Judgement {
  const nameLength = bytes[at];
  if (nameLength === undefined) return missing;
  if (nameLength === 0) return "impossible";
  const name = bytes.subarray(at + 1, at + 1 + nameLength);
  if (name.some((code) => code < 0x20 || code > 0x7e)) return "impossible";
  const end = at + 1 + nameLength + 8;
  if (bytes.length < end) return missing;
  return view.getUint32(end - 4) <= 0xffff ? "plausible" : "impossible";
}

function label({ name, instanceId }: SectionHeader): string {
  return `the section of ${quoted(name)} ${instanceId}`;
}
