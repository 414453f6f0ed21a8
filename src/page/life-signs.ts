import type { V86Machine } from "../machine-browser.js";
import type { WatchedMachine } from "./watched-machine.js";
import type { FromMachine } from "./worker-messages.js";

const SERIAL_EVERY_MS = 40;
const PICTURE_EVERY_MS = 200;
const SPEED_EVERY_MS = 1000;
/** What is typed faster than it is read would only fill memory. */
const MOST_SERIAL = 65_536;

/** What a machine shows of itself, told to the page every so often. */
export class LifeSigns {
  readonly #pc: V86Machine;
  readonly #watched: WatchedMachine;
  readonly #tell: (tidings: FromMachine) => void;
  readonly #decoder = new TextDecoder();
  #serial: number[] = [];
  #screen = "";
  #instructions: number;
  #looks = false;

  constructor(pc: V86Machine, watched: WatchedMachine, tell: (tidings: FromMachine) => void) {
    this.#pc = pc;
    this.#watched = watched;
    this.#tell = tell;
    this.#instructions = pc.instructions;
    pc.onSerial((byte) => {
      this.#serial.push(byte);
      if (this.#serial.length >= MOST_SERIAL) this.#tellSerial();
    });
    setInterval(() => this.#tellSerial(), SERIAL_EVERY_MS);
    setInterval(() => this.#tellPicture(), PICTURE_EVERY_MS);
    setInterval(() => this.#tellSpeed(), SPEED_EVERY_MS);
  }

  /** From now on it looks at the dirty log. */
  look(): void {
    this.#watched.startLog();
    this.#looks = true;
  }

  /** The log is a move's from now on. */
  leaveLog(): void {
    this.#looks = false;
    this.#watched.stopLog();
  }

  /** Tells what has not been told yet. */
  flush(): void {
    this.#tellSerial();
    this.#tellPicture();
  }

  #tellSerial(): void {
    if (this.#serial.length === 0) return;
    const bytes = Uint8Array.from(this.#serial);
    this.#serial = [];
    this.#tell({ tells: "serial", text: this.#decoder.decode(bytes, { stream: true }) });
  }

  #tellPicture(): void {
    if (this.#looks) this.#watched.look();
    this.#tell({ tells: "map", picture: this.#watched.takePicture() });
    const lines = this.#pc.screenText();
    const screen = lines.join("\n");
    if (screen === this.#screen) return;
    this.#screen = screen;
    this.#tell({ tells: "screen", lines });
  }

  #tellSpeed(): void {
    const { instructions } = this.#pc;
    // The counter has 32 bits.
    const done = (instructions - this.#instructions) >>> 0;
    this.#instructions = instructions;
    this.#tell({ tells: "speed", mips: done / 1e6 / (SPEED_EVERY_MS / 1000) });
  }
}
