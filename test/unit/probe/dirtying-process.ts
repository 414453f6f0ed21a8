import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

/** What a process writes that is to be observed. */
export interface Dirtying {
  /** Its memory; the first half is filled with bytes of its own, the rest never touched. */
  readonly mib: number;
  /** Writes go to the first so many pages, uniformly. */
  readonly setPages: number;
  readonly writesPerSecond: number;
}

/** A process of which it is known what it writes. */
export interface DirtyingProcess {
  readonly pid: number;
  readonly process: ChildProcess;
  /** Writes done so far, by its own count. */
  writes(): Promise<number>;
  close(): void;
}

// A write always changes the byte: it adds one.
const PROGRAM = `
  const { mib, setPages, writesPerSecond } = JSON.parse(process.argv[1]);
  const memory = new Uint8Array(new SharedArrayBuffer(mib * 2 ** 20));
  for (let at = 0; at < memory.length / 2; at += 64) memory[at] = 1 + Math.random() * 255;
  let done = 0;
  const began = performance.now();
  setInterval(() => {
    const due = ((performance.now() - began) * writesPerSecond) / 1000;
    for (; done < due; done++) memory[Math.floor(Math.random() * setPages) * 4096 + (done & 4095)]++;
  }, 2);
  process.stdin.on("data", () => console.log(done)).on("end", () => process.exit());
  console.log("ready");
`;

/** Starts it, and waits until its memory is filled. */
export async function startDirtying(what: Dirtying): Promise<DirtyingProcess> {
  const child = spawn(process.execPath, ["-e", PROGRAM, JSON.stringify(what)], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const lines = createInterface({ input: child.stdout });
  await once(lines, "line");
  return {
    pid: child.pid ?? 0,
    process: child,
    async writes() {
      child.stdin.write("?");
      const [line] = await once(lines, "line");
      return Number(line);
    },
    close: () => child.kill("SIGKILL"),
  };
}
