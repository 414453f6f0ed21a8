import { WireFormatError } from "../errors.js";
import type { Bytes } from "../units.js";
import { CONTROL_FRAMES } from "../wire/frame-types.js";
import type { ControlLink } from "./control-link.js";
import type { ControlRequest } from "./control-messages.js";
import { readCancel } from "./control-schema.js";
import type { Desk, RequestOf } from "./desk.js";
import type { HostedMachine } from "./hosted-machine.js";
import { refusalOf } from "./refusal.js";

/** A viewer that does not read is left behind. */
const MOST_BUFFERED: Bytes = 4 * 2 ** 20;
const MOST_TYPED: Bytes = 64 * 1024;

/** Serves a client: one request, and whatever belongs to it. Closes the link; what goes wrong is answered. */
export async function serveControl(link: ControlLink, desk: Desk): Promise<void> {
  try {
    await serve(link, await link.receiveRequest(), desk);
  } catch (error) {
    link.answer(refusalOf(error));
  } finally {
    link.close();
  }
}

async function serve(link: ControlLink, request: ControlRequest, desk: Desk): Promise<void> {
  switch (request.type) {
    case "list":
      await link.answerDocument(desk.machines.list);
      return;
    case "start":
      await serveStart(link, request, desk);
      return;
    case "stop":
      await desk.stop(request);
      link.answer({ type: "done" });
      return;
    case "console":
      await serveConsole(link, desk.machines.get(request.name));
      return;
    case "move":
      await serveMove(link, request, desk);
  }
}

async function serveStart(
  link: ControlLink,
  request: RequestOf<"start">,
  desk: Desk,
): Promise<void> {
  desk.checkRoom(request);
  link.answer({ type: "go-ahead" });
  const files: Uint8Array[] = [];
  for (const bytes of request.files) files.push(await link.receiveFile(bytes));
  await desk.start(request, files);
  link.answer({ type: "done" });
}

async function serveConsole(link: ControlLink, machine: HostedMachine): Promise<void> {
  link.answer({ type: "attached" });
  const leave = machine.attach({
    output(bytes) {
      if (link.frames.buffered < MOST_BUFFERED) link.sendConsole(bytes);
      else link.frames.close(new Error("it does not read what the machine prints"));
    },
    ended(movedTo, reason) {
      link.answer({ type: "ended", movedTo, reason });
      link.close();
    },
  });
  try {
    for (;;) {
      const frame = await link.receive();
      if (frame === null) return;
      if (frame.type !== CONTROL_FRAMES.console || frame.body.length > MOST_TYPED) {
        throw new WireFormatError("the peer sent something else than keys", -1);
      }
      machine.type(frame.body.slice());
    }
  } finally {
    leave();
  }
}

async function serveMove(link: ControlLink, request: RequestOf<"move">, desk: Desk): Promise<void> {
  const machine = desk.machines.get(request.name);
  const { memoryBytes } = machine;
  const moved = desk.move(request, (event) =>
    link.answer(event.type === "begun" ? { ...event, memoryBytes } : event),
  );
  void hearCancel(link, machine);
  await link.answerDocument(await moved);
}

/** A client that goes away leaves the move alone; only its word ends it. */
async function hearCancel(link: ControlLink, machine: HostedMachine): Promise<void> {
  for (;;) {
    const frame = await link.receive();
    if (frame === null) return;
    try {
      readCancel(frame.body);
      machine.cancel();
    } catch (error) {
      link.frames.close(error as Error);
    }
  }
}
