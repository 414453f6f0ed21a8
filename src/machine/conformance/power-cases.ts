import { PAGE_SIZE } from "../../units.js";
import {
  type ConformanceCase,
  caseOf,
  copyOf,
  differing,
  hold,
  isEqual,
  type MachineUnderTest,
  moment,
  until,
  work,
} from "./subject.js";

const STILL_MS = 60;
const THROTTLED_MS = 400;
const MOST_CONFIGURATION = 4096;

/** Configuration, memory, and the switch. */
export function powerCases(make: () => Promise<MachineUnderTest>): ConformanceCase[] {
  return [
    caseOf(make, "its configuration is small plain JSON", async ({ machine }) => {
      const text = JSON.stringify(machine.configuration);
      hold(text.length <= MOST_CONFIGURATION, "the configuration has no guest in it");
      const again = JSON.stringify(JSON.parse(text));
      hold(again === text, "the configuration is the same after a way through JSON");
    }),
    caseOf(make, "memory is read where it lies, and written in whole pages", readAndWrite),
    caseOf(make, "pause stops it: neither memory nor state change any more", pauseStops),
    caseOf(make, "resume says that it begins before the first instruction, and once", begins),
    caseOf(make, "it goes on where it stood", async (subject) => {
      for (let round = 0; round < 5; round++) {
        await work(subject);
        await subject.machine.pause();
        hold(!subject.machine.isRunning, "it stands after pause");
        await subject.machine.pause();
      }
      hold(subject.isIntact(), "the guest is intact after some stops");
    }),
    caseOf(make, "throttle takes a share of its speed, and gives it back", throttleSlows),
    caseOf(make, "destroy ends it", async (subject) => {
      await work(subject);
      subject.machine.destroy();
      await moment(STILL_MS);
      const end = subject.progress();
      await moment(STILL_MS);
      hold(!subject.machine.isRunning && subject.progress() === end, "nothing runs after destroy");
    }),
  ];
}

async function readAndWrite({ machine }: MachineUnderTest): Promise<void> {
  const { memory } = machine;
  const copy = copyOf(machine);
  const first = memory.read(0, 1);
  hold(first.length === PAGE_SIZE, "read answers no more than was asked for");
  hold(isEqual(first, copy.subarray(0, PAGE_SIZE)), "read answers what is there");
  const last = memory.pageCount - 1;
  const page = Uint8Array.from({ length: PAGE_SIZE }, (_, at) => (at * 7) & 255);
  memory.write(last, page);
  hold(isEqual(memory.read(last, last + 1), page), "what was written can be read");
  const two = new Uint8Array(2 * PAGE_SIZE).fill(3);
  memory.write(last - 1, two);
  const written = copyOf(machine).subarray((last - 1) * PAGE_SIZE);
  hold(isEqual(written, two), "pages that lie together can be written in one go");
}

async function pauseStops(subject: MachineUnderTest): Promise<void> {
  const { machine } = subject;
  await work(subject);
  await machine.pause();
  hold(!machine.isRunning, "it stands after pause");
  const [memory, state] = [copyOf(machine), (await machine.saveState()).slice()];
  await moment(STILL_MS);
  hold(differing(copyOf(machine), memory).length === 0, "memory stays as it is");
  hold(isEqual(await machine.saveState(), state), "the state stays as it is");
}

async function begins(subject: MachineUnderTest): Promise<void> {
  const { machine } = subject;
  await work(subject);
  await machine.pause();
  const before = copyOf(machine);
  let [times, isBefore] = [0, false];
  await machine.resume(() => {
    times++;
    isBefore = differing(copyOf(machine), before).length === 0;
  });
  await until(() => times > 0, "resume said that it begins");
  hold(isBefore, "nothing has changed when it begins");
  await work(subject);
  await machine.pause();
  await work(subject);
  hold(times === 1, "it is said once");
}

async function throttleSlows(subject: MachineUnderTest): Promise<void> {
  const { machine } = subject;
  await work(subject);
  const progressIn = async (): Promise<number> => {
    const from = subject.progress();
    await moment(THROTTLED_MS);
    return subject.progress() - from;
  };
  const full = await progressIn();
  machine.throttle(0.9);
  const slow = await progressIn();
  machine.throttle(0);
  const again = await progressIn();
  // A machine shares its processor with others, so only what is far apart tells.
  hold(slow < full / 2 || slow < again / 2, "nine tenths off is less than half of its speed");
  hold(again > slow, "without a throttle it is faster again");
}
