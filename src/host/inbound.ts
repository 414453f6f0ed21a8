import { MessageChannel, type MessagePort } from "node:worker_threads";
import { InvalidOptionError, WireFormatError } from "../errors.js";
import { packageVersion } from "../files/package-version.js";
import type { WordOfTarget } from "../move/ownership.js";
import { ReceivedMoves } from "../move/received-moves.js";
import { sayToSource } from "../move/words.js";
import { bridge } from "../transport/bridge.js";
import type { Channel } from "../transport/channel.js";
import { nodePortChannel } from "../transport/node-port-channel.js";
import { FrameStream } from "../wire/frame.js";
import { answerOpened, answerRefused, type OpenRequest } from "../wire/open.js";
import type { Credentials } from "./credentials.js";
import type { Desk } from "./desk.js";
import type { HostedMachine } from "./hosted-machine.js";
import { SourceLife } from "./source-life.js";
import type { AtDoor } from "./thread-messages.js";

/** A machine whose thread takes it in, or took it in. */
interface Arriving {
  readonly machine: HostedMachine;
  /** Where its thread hears of a source that is back. */
  readonly door: MessagePort;
  readonly source: SourceLife;
  /** The connection of the moment. */
  channel: Channel;
  /** Whether it came to run here. */
  didBegin: boolean;
}

/** Machines that other hosts send: each new connection is bridged to the thread that it is for. */
export class Inbound {
  readonly #desk: Desk;
  readonly #byMove = new Map<string, Arriving>();
  readonly #moves: ReceivedMoves;

  readonly #credentials: Credentials;

  constructor(desk: Desk, credentials: Credentials) {
    this.#desk = desk;
    this.#credentials = credentials;
    this.#moves = new ReceivedMoves(desk.incarnation);
  }

  /** Another host offers a machine: makes room and lets its thread hear the rest. */
  receive(channel: Channel, { moveId, machine: wanted, from }: OpenRequest): void {
    const { tell, incarnation } = this.#desk;
    const peer = from?.address ?? channel.peer;
    try {
      if (moveId === undefined || wanted === undefined) {
        throw new WireFormatError("a move without its machine", -1);
      }
      const { name, kind, memoryBytes } = wanted;
      if (from?.incarnation === incarnation) {
        throw new InvalidOptionError("to", peer, `another host than the one that ${name} runs on`);
      }
      if (this.#byMove.has(moveId) || this.#moves.has(moveId)) {
        throw new InvalidOptionError("moveId", moveId, "a name that no move had before");
      }
      const [{ near, far }, door] = [portPair(), portPair()];
      const origin = { from: "move", kind, port: far, door: door.far, peer } as const;
      const machine = this.#desk.open({ name, memoryBytes, origin }, kind, peer);
      const source = new SourceLife(from, this.#credentials);
      const arrival = { machine, door: door.near, source, channel, didBegin: false };
      this.#byMove.set(moveId, arrival);
      void machine.gone.then(() => this.#remember(moveId, arrival));
      machine.begun.then(
        () => {
          arrival.didBegin = true;
          tell({ type: "arrived", name, from: peer });
        },
        ({ message }: Error) => tell({ type: "refused", peer, reason: `${name}: ${message}` }),
      );
      answerOpened(channel, { version: packageVersion() });
      void this.#pass(moveId, arrival, nodePortChannel(near, peer));
    } catch (error) {
      const { message } = error as Error;
      answerRefused(channel, message);
      tell({ type: "refused", peer, reason: message });
    }
  }

  /** A source that lost its connection asks for a move that it began. */
  rejoin(channel: Channel, { moveId }: OpenRequest): void {
    answerOpened(channel, { version: packageVersion() });
    const arrival = moveId === undefined ? undefined : this.#byMove.get(moveId);
    if (moveId === undefined || arrival === undefined) {
      // What has ended here, or was never heard of, is answered without a thread.
      void this.#moves.rejoin(new FrameStream(channel));
      return;
    }
    const { near, far } = portPair();
    const news: AtDoor = { port: far, peer: channel.peer };
    arrival.door.postMessage(news, [far]);
    arrival.channel = channel;
    void this.#pass(moveId, arrival, nodePortChannel(near, channel.peer));
  }

  /** Passes what the source says to the thread; if it is cut off while pages are missing, looks whether it lives. */
  async #pass(moveId: string, arrival: Arriving, thread: Channel): Promise<void> {
    const { channel, machine, source, door } = arrival;
    await bridge(channel, thread);
    const isMissed = (): boolean =>
      this.#byMove.get(moveId) === arrival &&
      arrival.channel === channel &&
      machine.state === "arriving";
    if (!isMissed()) return;
    const dead = await source.ended(isMissed);
    const news: AtDoor | null = dead === null ? null : { dead };
    if (news !== null && isMissed()) door.postMessage(news);
  }

  /** A thread has ended; what became of its move is remembered as long as this process lives. */
  #remember(moveId: string, { machine, door, didBegin }: Arriving): void {
    door.close();
    this.#byMove.delete(moveId);
    const word = lastWord(machine, didBegin);
    this.#moves.add(moveId, {
      rejoin(frames) {
        sayToSource(frames, word, 0);
        frames.close();
      },
    });
  }
}

function lastWord(machine: HostedMachine, didBegin: boolean): WordOfTarget {
  if (!didBegin) return { kind: "refused", reason: "the machine did not come to run here" };
  if (machine.state !== "lost") return { kind: "running", isWhole: true };
  return { kind: "gone", reason: machine.status.detail ?? "its thread ended" };
}

function portPair(): { near: MessagePort; far: MessagePort } {
  const { port1: near, port2: far } = new MessageChannel();
  return { near, far };
}
