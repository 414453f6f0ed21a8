import { MessageChannel, type MessagePort } from "node:worker_threads";
import { InvalidOptionError, WireFormatError } from "../errors.js";
import { packageVersion } from "../files/package-version.js";
import { bridge } from "../transport/bridge.js";
import type { Channel } from "../transport/channel.js";
import { nodePortChannel } from "../transport/node-port-channel.js";
import { answerOpened, answerRefused, type OpenRequest } from "../wire/open.js";
import type { Desk } from "./desk.js";
import type { HostedMachine } from "./hosted-machine.js";

/** Moves whose end is remembered for sources that ask later. */
const REMEMBERED = 10_000;

/** Machines that other hosts send: each new connection is bridged to the thread that it is for. */
export class Inbound {
  readonly #desk: Desk;
  readonly #byMove = new Map<string, HostedMachine>();

  constructor(desk: Desk) {
    this.#desk = desk;
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
        throw new InvalidOptionError("to", name, "another host than the one that it runs on");
      }
      const { near, far } = portPair();
      const origin = { from: "move", kind, port: far, peer } as const;
      const machine = this.#desk.open({ name, memoryBytes, origin }, kind, peer);
      this.#remember(moveId, machine);
      machine.begun.then(
        () => tell({ type: "arrived", name, from: peer }),
        ({ message }: Error) => tell({ type: "refused", peer, reason: `${name}: ${message}` }),
      );
      answerOpened(channel, { version: packageVersion() });
      void bridge(channel, nodePortChannel(near, peer));
    } catch (error) {
      const { message } = error as Error;
      answerRefused(channel, message);
      tell({ type: "refused", peer, reason: message });
    }
  }

  /** A source that lost its connection asks for a move that it began. */
  rejoin(channel: Channel, { moveId }: OpenRequest): void {
    const machine = moveId === undefined ? undefined : this.#byMove.get(moveId);
    if (machine === undefined) {
      answerRefused(channel, "this host does not know of that move");
      return;
    }
    answerOpened(channel, { version: packageVersion() });
    const { near, far } = portPair();
    machine.rejoin(far, channel.peer);
    void bridge(channel, nodePortChannel(near, channel.peer));
  }

  #remember(moveId: string, machine: HostedMachine): void {
    this.#byMove.set(moveId, machine);
    const [oldest] = this.#byMove.keys();
    if (this.#byMove.size > REMEMBERED && oldest !== undefined) this.#byMove.delete(oldest);
  }
}

function portPair(): { near: MessagePort; far: MessagePort } {
  const { port1: near, port2: far } = new MessageChannel();
  return { near, far };
}
