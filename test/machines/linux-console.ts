/** A machine with a serial line, wherever it runs. */
export interface Spoken {
  onSerial(listener: (byte: number) => void): () => void;
  sendSerial(text: string): void;
}

/** What a guest's shell says, across the machines that it moves through. */
export class Console {
  #text = "";
  #machine!: Spoken;
  readonly #watchers = new Set<() => void>();

  constructor(machine: Spoken) {
    this.follow(machine);
  }

  /** All that was said. */
  get text(): string {
    return this.#text;
  }

  /** From now on it is this machine that speaks, too. */
  follow(machine: Spoken): void {
    this.#machine = machine;
    machine.onSerial((byte) => {
      this.#text += String.fromCharCode(byte);
      for (const watcher of this.#watchers) watcher();
    });
  }

  /** Types a line. */
  type(line: string): void {
    this.#machine.sendSerial(`${line}\n`);
  }

  /**
   * Resolves with the first match in what is said from now on, or from a place in all that was said.
   * Nothing limits the time: the test's own limit does.
   */
  heard(pattern: RegExp, from = this.#text.length): Promise<RegExpExecArray> {
    return new Promise((resolve) => {
      const look = (): void => {
        const match = pattern.exec(this.#text.slice(from));
        if (match === null) return;
        this.#watchers.delete(look);
        resolve(match);
      };
      this.#watchers.add(look);
      look();
    });
  }

  /** Runs a command and answers what it wrote. */
  async run(command: string): Promise<string> {
    // The shell echoes what is typed, so the mark is not typed as it will be written.
    const match = this.heard(/BEGIN\r?\n([\s\S]*?)END(\d+)\r?\n/);
    this.type(`echo BE''GIN; ${command}; echo EN''D$?`);
    const [, output, status] = await match;
    if (status !== "0") throw new Error(`${command}: status ${status}: ${output}`);
    return output as string;
  }
}

/**
 * A shell loop that works with memory for ever and checks itself: random data, copied through files, its sums
 * compared. It says `OK` and a number after each turn, and `WRONG` should ever a byte be another.
 */
export const CHECKED_WORK: string = [
  "part() { dd if=/bin/busybox bs=64k count=4 2> /dev/null | md5sum; }; good=$(part); n=0",
  "while true; do n=$((n+1)); dd if=/dev/urandom of=/tmp/a bs=4k count=16 2> /dev/null",
  "cp /tmp/a /tmp/b",
  '[ "$(md5sum < /tmp/a)" = "$(md5sum < /tmp/b)" ] || echo WRO""NG copy $n',
  '[ "$(part)" = "$good" ] || echo WRO""NG file $n',
  "echo OK $n",
  "done",
].join("; ");
