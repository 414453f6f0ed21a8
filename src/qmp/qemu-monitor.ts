import { InvalidOptionError, PeerFailedError } from "../errors.js";
import { type MigrationInfo, readMigrationInfo } from "./migration-info.js";
import { QmpConnection, type QmpOptions } from "./qmp-connection.js";
import { isRecord } from "./qmp-message.js";

/** Parameters of a migration by QEMU's own names, such as `max-bandwidth` (B/s) and `downtime-limit` (ms). */
export type MigrationParameters = Readonly<Record<string, string | number | boolean>>;

/** How QEMU measures a dirty rate. */
export type DirtyRateMode = "page-sampling" | "dirty-ring" | "dirty-bitmap";

/** What `query-dirty-rate` answers. */
export interface DirtyRate {
  readonly status: "unstarted" | "measuring" | "measured";
  /** MiB/s, a whole number; only once measured. */
  readonly "dirty-rate"?: number;
  readonly "calc-time": number;
  readonly "sample-pages": number;
  readonly mode: DirtyRateMode;
}

/** How long to wait before asking again for times that QEMU has not written down yet, ms. */
const TIMES_RETRY_MS = 20;
const TIMES_RETRIES = 5;

/** A QEMU through its monitor: the commands that migration and observation need, typed. */
export class QemuMonitor {
  readonly connection: QmpConnection;
  #isKvm: boolean | null = null;

  constructor(connection: QmpConnection) {
    this.connection = connection;
  }

  /** Connects as {@link QmpConnection.open}. */
  static async open(address: string, options: QmpOptions = {}): Promise<QemuMonitor> {
    return new QemuMonitor(await QmpConnection.open(address, options));
  }

  close(): void {
    this.connection.close();
  }

  /** Whether the guest runs, and QEMU's word for its state. */
  async queryStatus(): Promise<{ readonly running: boolean; readonly status: string }> {
    const { running, status } = await this.#record("query-status");
    return { running: running === true, status: String(status) };
  }

  /** Whether the guest runs under KVM. */
  async isKvm(): Promise<boolean> {
    this.#isKvm ??= (await this.#record("query-kvm"))["enabled"] === true;
    return this.#isKvm;
  }

  /**
   * How the migration stands. QEMU says "completed" a moment before it knows how long it took; then it is
   * asked again.
   */
  async queryMigrate(): Promise<MigrationInfo> {
    for (let attempt = 0; ; attempt++) {
      const info = readMigrationInfo(await this.connection.execute("query-migrate"));
      if (info === null) throw this.#nonsense("query-migrate");
      const isEarly = info.status === "completed" && info["total-time"] === 0;
      if (!isEarly || attempt === TIMES_RETRIES) return info;
      await new Promise((resume) => setTimeout(resume, TIMES_RETRY_MS));
    }
  }

  /** Starts a migration to `uri`; with `resume`, goes on with a post-copy that was cut. */
  async migrate(uri: string, options: { readonly resume?: boolean } = {}): Promise<void> {
    await this.connection.execute("migrate", options.resume ? { uri, resume: true } : { uri });
  }

  /** Tells a QEMU that was started with `-incoming defer` where to listen. */
  async migrateIncoming(uri: string): Promise<void> {
    await this.connection.execute("migrate-incoming", { uri });
  }

  async migrateStartPostcopy(): Promise<void> {
    await this.connection.execute("migrate-start-postcopy");
  }

  /** Cuts a post-copy; both sides pause until it is recovered. */
  async migratePause(): Promise<void> {
    await this.connection.execute("migrate-pause", {}, { outOfBand: true });
  }

  /** Tells a destination whose post-copy was cut where to listen for its continuation. */
  async migrateRecover(uri: string): Promise<void> {
    await this.connection.execute("migrate-recover", { uri }, { outOfBand: true });
  }

  async migrateContinue(): Promise<void> {
    await this.connection.execute("migrate-continue", { state: "pre-switchover" });
  }

  async migrateCancel(): Promise<void> {
    await this.connection.execute("migrate_cancel");
  }

  async setCapabilities(capabilities: Readonly<Record<string, boolean>>): Promise<void> {
    const listed = Object.entries(capabilities).map(([capability, state]) => ({
      capability,
      state,
    }));
    await this.connection.execute("migrate-set-capabilities", { capabilities: listed });
  }

  /** Every capability and whether it is on. */
  async queryCapabilities(): Promise<Readonly<Record<string, boolean>>> {
    const answer = await this.connection.execute("query-migrate-capabilities");
    if (!Array.isArray(answer)) throw this.#nonsense("query-migrate-capabilities");
    const entries = answer.filter(isRecord);
    return Object.fromEntries(
      entries.map((one) => [String(one["capability"]), one["state"] === true]),
    );
  }

  async setParameters(parameters: MigrationParameters): Promise<void> {
    await this.connection.execute("migrate-set-parameters", parameters);
  }

  async queryParameters(): Promise<MigrationParameters> {
    return (await this.#record("query-migrate-parameters")) as MigrationParameters;
  }

  /**
   * Starts a measurement of the dirty rate, which takes `calcTimeS` (1 to 60 s).
   *
   * @throws InvalidOptionError for the modes that end a QEMU without KVM; it is not asked then.
   */
  async calcDirtyRate(
    calcTimeS: number,
    options: { readonly samplePages?: number; readonly mode?: DirtyRateMode } = {},
  ): Promise<void> {
    const { samplePages, mode = "page-sampling" } = options;
    if (mode !== "page-sampling" && !(await this.isKvm())) {
      throw new InvalidOptionError("mode", mode, "page-sampling, since this QEMU runs without KVM");
    }
    await this.connection.execute("calc-dirty-rate", {
      "calc-time": calcTimeS,
      mode,
      ...(samplePages === undefined ? {} : { "sample-pages": samplePages }),
    });
  }

  async queryDirtyRate(): Promise<DirtyRate> {
    return (await this.#record("query-dirty-rate")) as unknown as DirtyRate;
  }

  /** Lets the guest run. */
  async cont(): Promise<void> {
    await this.connection.execute("cont");
  }

  /** Stops the guest. */
  async stop(): Promise<void> {
    await this.connection.execute("stop");
  }

  /** Ends QEMU, and with it the guest. */
  async quit(): Promise<void> {
    await this.connection.execute("quit");
  }

  /** Writes guest-physical memory to a file on QEMU's machine. */
  async pmemsave(start: number, bytes: number, path: string): Promise<void> {
    await this.connection.execute("pmemsave", { val: start, size: bytes, filename: path });
  }

  /** Executes a line of the human monitor and answers its text. */
  async human(line: string): Promise<string> {
    const args = { "command-line": line };
    return String(await this.connection.execute("human-monitor-command", args));
  }

  async #record(command: string): Promise<Record<string, unknown>> {
    const answer = await this.connection.execute(command);
    if (!isRecord(answer)) throw this.#nonsense(command);
    return answer;
  }

  #nonsense(command: string): PeerFailedError {
    return new PeerFailedError(this.connection.address, `its answer to ${command} makes no sense`);
  }
}
