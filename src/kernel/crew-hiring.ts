import { CREW_CODE } from "./crew-code.generated.js";
import { CrewMember } from "./crew-member.js";
import { DESK_BYTES, type Hiring } from "./crew-worker.js";
import type { ThreadHost } from "./thread-host.js";

const SCRIPT = `${CREW_CODE}\nworkAtDesk(crewPort);`;

/** Starts so many threads; rejects with the reason, and ends all of them, when one cannot be had. */
export async function hireMembers(count: number, host: ThreadHost): Promise<CrewMember[]> {
  const desks = new SharedArrayBuffer(count * DESK_BYTES);
  const started = await Promise.allSettled(
    Array.from({ length: count }, (_, index) => hire(host, { desks, desk: index * DESK_BYTES })),
  );
  const members = started.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
  const refusal = started.find((one) => one.status === "rejected");
  if (refusal === undefined) return members;
  for (const member of members) member.end();
  throw refusal.reason;
}

function hire(host: ThreadHost, hiring: Hiring): Promise<CrewMember> {
  return new Promise((resolve, reject) => {
    let member: CrewMember | undefined;
    const started = (): void => {
      thread.release();
      member = new CrewMember(thread, hiring);
      resolve(member);
    };
    const ended = (reason: string): void => {
      if (member !== undefined) member.lost = reason;
      reject(reason);
    };
    const thread = host.start(SCRIPT, started, ended);
    thread.post(hiring);
  });
}
