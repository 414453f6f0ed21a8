import { StringDecoder } from "node:string_decoder";

/** Longest line of a monitor: QEMU's whole schema is a few hundred kilobytes. */
export const MAX_LINE_LENGTH: number = 4 * 2 ** 20;

/** Cuts what arrives into lines; what has no end yet is kept, and never more than {@link MAX_LINE_LENGTH}. */
export class LineSplitter {
  readonly #decoder = new StringDecoder("utf8");
  #parts: string[] = [];
  #length = 0;

  /** The lines that `chunk` completes, or null when one grows too long to be a monitor's. */
  push(chunk: Buffer): string[] | null {
    const text = this.#decoder.write(chunk);
    const lines: string[] = [];
    let start = 0;
    for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n", start)) {
      this.#parts.push(text.slice(start, end));
      lines.push(this.#parts.join(""));
      this.#parts = [];
      this.#length = 0;
      start = end + 1;
    }
    this.#parts.push(text.slice(start));
    this.#length += text.length - start;
    return this.#length > MAX_LINE_LENGTH ? null : lines;
  }
}
