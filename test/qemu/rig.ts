import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { accessSync, constants, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isOver, type MigrationInfo } from "../../src/qmp/migration-info.js";
import { type MigrationParameters, QemuMonitor } from "../../src/qmp/qemu-monitor.js";
import { GUEST_MEMORY, type GuestSettings, writeGuestFloppy } from "./guest.js";

const QEMU: string = process.env["GODWIT_QEMU"] ?? "qemu-system-x86_64";

/** What a test of two QEMUs needs to say of the guest; the rest has defaults. */
export interface RigSettings extends Partial<GuestSettings> {
  /** Memory of the guest, MiB. Default 16. */
  readonly memoryMib?: number;
  /** `kvm` where it works, else `tcg`; QEMU 7.2 under TCG is known to lose dirtied pages. */
  readonly accelerator?: "kvm" | "tcg";
}

/** Whether the small guest runs under KVM here; GODWIT_QEMU_ACCELERATOR=tcg pretends that it does not. */
export const accelerator: "kvm" | "tcg" = findAccelerator();

function findAccelerator(): "kvm" | "tcg" {
  if (process.env["GODWIT_QEMU_ACCELERATOR"] === "tcg") return "tcg";
  try {
    accessSync("/dev/kvm", constants.R_OK | constants.W_OK);
    // The device alone says little: a container may hold one that nothing answers.
    const args = "-accel kvm -machine none -display none -monitor stdio".split(" ");
    execFileSync(QEMU, args, {
      input: "quit\n",
      stdio: ["pipe", "ignore", "ignore"],
      timeout: 10_000,
    });
    return "kvm";
  } catch {
    return "tcg";
  }
}

const CAPABILITIES = [
  "events",
  "return-path",
  "xbzrle",
  "compress",
  "multifd",
  "postcopy-ram",
  "postcopy-preempt",
] as const;
type Capability = (typeof CAPABILITIES)[number];
const PARAMETERS: MigrationParameters = {
  "max-bandwidth": 16 * 2 ** 20,
  "downtime-limit": 300,
  "max-postcopy-bandwidth": 0,
  "multifd-channels": 2,
  "multifd-compression": "none",
};

/** One QEMU with its monitor. */
export class Qemu {
  readonly name: string;
  readonly process: ChildProcess;
  readonly monitor: QemuMonitor;
  readonly folder: string;
  readonly #memoryMib: number;

  constructor(
    name: string,
    process: ChildProcess,
    monitor: QemuMonitor,
    folder: string,
    memoryMib: number,
  ) {
    this.name = name;
    this.process = process;
    this.monitor = monitor;
    this.folder = folder;
    this.#memoryMib = memoryMib;
  }

  /** Address of a second monitor, for what is tested: each serves one client at a time. */
  get qmpPath(): string {
    return join(this.folder, `${this.name}.tools`);
  }

  /** What its guest said on the serial line. */
  get serial(): string {
    return readFileSync(join(this.folder, `${this.name}.serial`), "latin1");
  }

  /** Guest-physical memory from 1 MiB on; below it devices look through. */
  async memory(
    from: number = 2 ** 20,
    bytes: number = this.#memoryMib * 2 ** 20 - from,
  ): Promise<Buffer> {
    const path = join(this.folder, `${this.name}.memory`);
    await this.monitor.pmemsave(from, bytes, path);
    return readFileSync(path);
  }

  /** The number of the round in which the guest is. */
  async round(): Promise<number> {
    return (await this.memory(GUEST_MEMORY, 4)).readUInt32LE();
  }

  /** Waits until the guest has begun another round than it is in. */
  async goesOn(): Promise<void> {
    const before = await this.round();
    await until(async () => (await this.round()) > before, `guest of ${this.name} to go on`);
  }

  /** Sets what a test needs and unsets what the one before it needed; a guest that has left comes back. */
  async prepare(
    capabilities: readonly Capability[] = [],
    parameters: MigrationParameters = {},
  ): Promise<void> {
    const { monitor } = this;
    if ((await monitor.queryStatus()).status === "postmigrate") await monitor.cont();
    // A newer QEMU has lost some of them.
    const offered = await monitor.queryCapabilities();
    const known = CAPABILITIES.filter((one) => one in offered || capabilities.includes(one));
    await monitor.setCapabilities(
      Object.fromEntries(known.map((one) => [one, capabilities.includes(one)])),
    );
    await monitor.setParameters({ ...PARAMETERS, ...parameters });
  }

  /** Waits for the end of a migration that was started, and answers how it went. */
  async migrated(): Promise<MigrationInfo> {
    let info: MigrationInfo = { status: "none" };
    await until(async () => {
      info = await this.monitor.queryMigrate();
      return isOver(info);
    }, `migration of ${this.name} to end`);
    return info;
  }
}

/** Starts QEMUs in a folder of their own, and ends them all. */
export class Rig {
  readonly folder: string = mkdtempSync(join(tmpdir(), "godwit-qemu-"));
  readonly #settings: Required<RigSettings>;
  readonly #qemus: Qemu[] = [];
  readonly #processes: ChildProcess[] = [];
  #booted: Promise<string> | null = null;
  readonly #onExit = (): void => this.#kill();

  constructor(settings: RigSettings = {}) {
    const defaults = { memoryMib: 16, pages: 300, set: 300, delay: 1_000_000, accelerator };
    this.#settings = { ...defaults, ...settings };
    writeGuestFloppy(join(this.folder, "guest.img"), this.#settings);
    process.on("exit", this.#onExit);
  }

  /** A path in the folder. */
  path(name: string): string {
    return join(this.folder, name);
  }

  /** A running guest that has filled its memory. */
  async source(name = "source"): Promise<Qemu> {
    this.#booted ??= this.#boot();
    const state = await this.#booted;
    const qemu = await this.#start(name, ["-incoming", "defer"]);
    await qemu.monitor.migrateIncoming(`exec:cat ${state}`);
    await until(
      async () => (await qemu.monitor.queryStatus()).status === "paused",
      "guest to load",
    );
    await qemu.monitor.cont();
    return qemu;
  }

  /**
   * Boots the guest under TCG and writes its state to a file. KVM can take a minute for a BIOS where it is
   * itself emulated; what TCG loses of a running guest is not lost of a stopped one.
   */
  async #boot(): Promise<string> {
    const state = this.path("booted");
    const booted = await this.#start("booted", [], "tcg");
    await until(async () => booted.serial.includes("R"), "guest to fill its memory");
    await booted.monitor.stop();
    await booted.monitor.migrate(`exec:cat > ${state}`);
    await booted.migrated();
    await booted.monitor.quit().catch(() => {});
    return state;
  }

  /** A QEMU that waits to be told where to listen; with `paused`, its guest stays stopped when it arrives. */
  async target(name = "target", options: { readonly paused?: boolean } = {}): Promise<Qemu> {
    return this.#start(name, ["-incoming", "defer", ...(options.paused ? ["-S"] : [])]);
  }

  /** Ends every QEMU and removes the folder. */
  async close(): Promise<void> {
    for (const { monitor } of this.#qemus) monitor.close();
    const ended = this.#processes.map((child) =>
      child.exitCode !== null || child.signalCode !== null
        ? null
        : new Promise((resolve) => child.once("exit", resolve)),
    );
    this.#kill();
    await Promise.all(ended);
    process.off("exit", this.#onExit);
    rmSync(this.folder, { recursive: true, force: true });
  }

  #kill(): void {
    for (const child of this.#processes) child.kill("SIGKILL");
  }

  async #start(
    name: string,
    more: readonly string[],
    acceleratedBy: string = this.#settings.accelerator,
  ): Promise<Qemu> {
    const { memoryMib } = this.#settings;
    const child = spawn(
      QEMU,
      [
        ...["-accel", acceleratedBy, "-machine", "pc", "-m", String(memoryMib)],
        ...["-nodefaults", "-display", "none", "-serial", `file:${this.path(`${name}.serial`)}`],
        "-drive",
        `file=${this.path("guest.img")},format=raw,if=floppy,readonly=on,snapshot=on`,
        ...["-qmp", `unix:${this.path(`${name}.qmp`)},server=on,wait=off`],
        ...["-qmp", `unix:${this.path(`${name}.tools`)},server=on,wait=off`],
        ...more,
      ],
      { stdio: ["ignore", "ignore", "pipe"] },
    );
    this.#processes.push(child);
    let said = "";
    child.stderr?.on("data", (chunk) => {
      said += chunk;
    });
    let monitor: QemuMonitor | null = null;
    await until(async () => {
      if (child.exitCode !== null) throw new Error(`QEMU ended: ${said}`);
      monitor = await QemuMonitor.open(this.path(`${name}.qmp`)).catch(() => null);
      return monitor !== null;
    }, `monitor of ${name}`);
    const qemu = new Qemu(name, child, monitor as unknown as QemuMonitor, this.folder, memoryMib);
    this.#qemus.push(qemu);
    return qemu;
  }
}

const PATIENCE_MS = 60_000;

/** Looks again and again until it is so. */
export async function until(isSo: () => Promise<boolean>, what: string): Promise<void> {
  for (const start = Date.now(); !(await isSo()); ) {
    if (Date.now() - start > PATIENCE_MS) throw new Error(`waited in vain for the ${what}`);
    await new Promise((resume) => setTimeout(resume, 20));
  }
}
