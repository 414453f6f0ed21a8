import type { Bytes } from "../units.js";

/** Below this, memory is so cheap that keeping it costs more. */
const SMALLEST: Bytes = 64 * 1024;
/** What is kept at most. */
const KEPT: Bytes = 16 * 2 ** 20;

/** Memory of frames that were read, for frames that come: fresh memory costs as much as filling it. */
export class FramePool {
  readonly #free: ArrayBuffer[] = [];
  #kept: Bytes = 0;

  /** Room for a frame; what it holds is left over from others. */
  take(bytes: Bytes): Uint8Array<ArrayBuffer> {
    if (bytes < SMALLEST) return new Uint8Array(bytes);
    const at = this.#free.findIndex(({ byteLength }) => byteLength >= bytes);
    const [found] = at < 0 ? [] : this.#free.splice(at, 1);
    if (found !== undefined) this.#kept -= found.byteLength;
    const buffer = found ?? new ArrayBuffer(2 ** Math.ceil(Math.log2(bytes)));
    return new Uint8Array(buffer, 0, bytes);
  }

  /** Nobody uses this frame any more. */
  giveBack({ buffer }: Uint8Array): void {
    if (!(buffer instanceof ArrayBuffer) || buffer.byteLength < SMALLEST) return;
    if (this.#kept + buffer.byteLength > KEPT) return;
    this.#free.push(buffer);
    this.#kept += buffer.byteLength;
  }
}
