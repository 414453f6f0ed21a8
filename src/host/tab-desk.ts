import { isGodwitError } from "../errors.js";
import { formatBytes } from "../quantity-text.js";
import type { Channel } from "../transport/channel.js";
import type { Milliseconds } from "../units.js";
import { FrameStream } from "../wire/frame.js";
import { CONTROL_FRAMES } from "../wire/frame-types.js";
import { decodeJson, encodeJson } from "../wire/json-body.js";
import type { HostClient } from "./client.js";
import type { MachineStatus } from "./control-messages.js";
import type { Host } from "./host.js";
import type { TabMeeting } from "./tab-meeting.js";
import { bringSchema, type FromTab, type ServerMachine, type ToTab } from "./tab-messages.js";

/** How soon tabs see that something has changed. */
const LOOK_EVERY_MS: Milliseconds = 250;

/** What a desk for tabs works with. */
export interface TabDeskOptions {
  readonly host: Host;
  /** Commands that host. */
  readonly client: HostClient;
  readonly meeting: TabMeeting;
  /** Where the host dials paths of the meeting, such as `ws://127.0.0.1:8086`. */
  readonly base: string;
}

/** Serves the tabs of a page: tells them of the host's machines, has them called, and has machines moved to them. */
export class TabDesk {
  readonly #options: TabDeskOptions;
  readonly #tabs = new Set<FrameStream>();
  readonly #look: NodeJS.Timeout;
  #machines = "";

  constructor(options: TabDeskOptions) {
    this.#options = options;
    this.#look = setInterval(() => this.#tellAll(), LOOK_EVERY_MS);
    this.#look.unref();
  }

  /** A tab that has proved that it may speak; resolves when it has gone. */
  async serve(channel: Channel): Promise<void> {
    const tab = new FrameStream(channel);
    const calls = this.#options.meeting.expect((path) => say(tab, { says: "called", path }));
    this.#tabs.add(tab);
    say(tab, { says: "machines", machines: this.#list() });
    try {
      for (let frame = await tab.receive(); frame !== null; frame = await tab.receive()) {
        void this.#bring(tab, calls.path, decodeJson(frame.body, bringSchema, "a wish"));
      }
    } catch (error) {
      tab.close(error as Error);
    } finally {
      calls.end();
      this.#tabs.delete(tab);
    }
  }

  /** Lets all tabs go. */
  close(): void {
    clearInterval(this.#look);
    for (const tab of this.#tabs) tab.close();
  }

  async #bring(tab: FrameStream, path: string, { name, strategy, verify }: FromTab): Promise<void> {
    const { client, base } = this.#options;
    const decoder = new TextDecoder();
    let printed = "";
    try {
      const console = await client.console(name, {
        onOutput: (bytes) => {
          printed += decoder.decode(bytes, { stream: true });
        },
      });
      const report = await client.move(name, `${base}${path}`, {
        strategy,
        settings: { verify },
        onRound: (round) => say(tab, { says: "round", round }),
      });
      if (report.runningOn === "target") await console.ended;
      say(tab, { says: "moved", report, console: printed });
    } catch (error) {
      const reason = isGodwitError(error) ? error.message : "the server failed";
      say(tab, { says: "refused", reason });
    }
  }

  #list(): ServerMachine[] {
    return this.#options.host.machines.map(describe);
  }

  #tellAll(): void {
    const machines = this.#list();
    const text = JSON.stringify(machines);
    if (text === this.#machines) return;
    this.#machines = text;
    for (const tab of this.#tabs) say(tab, { says: "machines", machines });
  }
}

function say(tab: FrameStream, words: ToTab): void {
  tab.send(CONTROL_FRAMES.answered, [encodeJson(words)]);
}

function describe({ name, memoryBytes, state, detail }: MachineStatus): ServerMachine {
  const doing = state === "running" ? "runs" : `is ${state}`;
  const words = `${name}, ${formatBytes(memoryBytes)}, ${doing}${detail === null ? "" : ` ${detail}`}`;
  return { name, isReady: state === "running", words };
}
