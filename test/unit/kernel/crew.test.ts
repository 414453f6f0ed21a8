import { afterEach, describe, expect, test, vi } from "vitest";
import { AssertionError, isGodwitError } from "../../../src/errors.js";
import { type Crew, type CrewPlace, openCrew, type Share } from "../../../src/kernel/crew.js";
import { createKernel } from "../../../src/kernel/load.js";
import type { Thread, ThreadHost } from "../../../src/kernel/thread-host.js";
import { threadHost } from "../../thread-host.js";

const PAGE = 4096;
const PAGES = 96;
const BITS = 64;

const open: Crew[] = [];
afterEach(() => {
  vi.unstubAllGlobals();
  for (const crew of open.splice(0)) crew.close();
});

async function crewOf(threads: number, host = threadHost, patienceMs?: number): Promise<Crew> {
  const crew = await openCrew(threads, host, patienceMs === undefined ? {} : { patienceMs });
  open.push(crew);
  return crew;
}

interface Ground {
  readonly place: CrewPlace;
  readonly guest: number;
  readonly out: number;
}

/** A kernel of some pages, every third of which is zero. */
function ground(crew: Crew): Ground {
  const room = PAGES * PAGE + PAGES * BITS;
  const kernel = createKernel(room + crew.homeBytes, "simd", { shared: crew.threads > 1 });
  const guest = kernel.allocate(PAGES * PAGE);
  const out = kernel.allocate(PAGES * BITS);
  for (let page = 0; page < PAGES; page++) {
    if (page % 3 !== 0) kernel.u8(guest + page * PAGE + page, 1).fill(1);
  }
  return { place: crew.enter(kernel), guest, out };
}

/** One share a thread: which of its pages are zero. */
function zeroScan({ place, guest, out }: Ground, shares: number, pages = PAGES / shares): Share[] {
  return Array.from({ length: shares }, (_, index) => ({
    place,
    call: "zeroPages",
    args: [guest + index * pages * PAGE, pages, out + index * BITS],
  }));
}

function zeros(crew: Crew, where: Ground, shares: number): number {
  return crew.run(zeroScan(where, shares)).reduce((a, b) => a + b);
}

/** Chromium lets a thread go on for two seconds before it ends it by force. */
function ended(): Promise<void> {
  return new Promise((resolve) =>
    setTimeout(resolve, typeof document === "undefined" ? 200 : 3000),
  );
}

/** A host whose threads can be told to die without a word. */
function mortalHost(): { host: ThreadHost; threads: Thread[] } {
  const threads: Thread[] = [];
  const host: ThreadHost = {
    parallelism: threadHost.parallelism,
    start(script, onMessage) {
      const thread = threadHost.start(script, onMessage, () => undefined);
      threads.push(thread);
      return thread;
    },
  };
  return { host, threads };
}

describe.each([1, 2, 3, 4])("a crew of %i", (threads) => {
  test("does each share once, and in the places it was told", async () => {
    const crew = await crewOf(threads);
    expect([crew.threads, crew.obstacle]).toEqual([threads, null]);
    const here = ground(crew);
    const share = PAGES / threads;
    const isZero = Array.from({ length: PAGES }, (_, page) => page % 3 === 0);
    const expected = Array.from({ length: threads }, (_, index) =>
      isZero.slice(index * share, (index + 1) * share),
    );
    expect(crew.run(zeroScan(here, threads))).toEqual(
      expected.map((pages) => pages.filter(Boolean).length),
    );
    const { kernel } = here.place;
    const found = expected.map((pages, index) => {
      const bits = kernel.u8(here.out + index * BITS, BITS);
      return pages.map((_, page) => (((bits[page >> 3] as number) >> (page & 7)) & 1) === 1);
    });
    expect(found).toEqual(expected);
  });

  test("does thousands of small jobs one after the other", async () => {
    const crew = await crewOf(threads);
    const here = ground(crew);
    const shares = zeroScan(here, threads, 1);
    const expected = shares.map((_, index) => (index % 3 === 0 ? 1 : 0));
    for (let job = 0; job < 3000; job++) expect(crew.run(shares)).toEqual(expected);
  });

  test("works in several memories, and copies pieces from one to another", async () => {
    const crew = await crewOf(threads);
    const places = Array.from({ length: 4 }, () => ground(crew));
    const [source, target] = places as [Ground, Ground];
    const share = PAGES / threads;
    // Each call looks at the page that was just copied over the first of its share.
    const answers = crew.run(
      Array.from({ length: threads }, (_, index): Share => {
        const [from, to] = [source, target].map(({ guest }) => guest + index * share * PAGE);
        return {
          place: target.place,
          call: "zeroPages",
          times: share,
          args: [to as number, 1, target.out + index * BITS],
          strides: [0, 0, 0],
          copy: { other: source.place, from: from as number, to: to as number, length: PAGE },
        };
      }),
    );
    expect(answers.reduce((a, b) => a + b)).toBe(PAGES / 3);
    for (const place of places.slice(2)) expect(zeros(crew, place, threads)).toBe(PAGES / 3);
  });

  test("says what went wrong in a share, and works on", async () => {
    const crew = await crewOf(threads);
    const here = ground(crew);
    const shares = zeroScan(here, threads);
    const outside = { ...(shares.at(-1) as Share), args: [2 ** 32 - PAGE, 64, here.out] };
    expect(() => crew.run([...shares.slice(0, -1), outside])).toThrow(/out of bounds/);
    expect(() => crew.run([outside, ...shares.slice(1)])).toThrow(/out of bounds/);
    expect(zeros(crew, here, threads)).toBe(PAGES / 3);
    expect(crew.threads).toBe(threads);
  });

  test("is one thread that does everything once it is closed", async () => {
    const crew = await crewOf(threads);
    const here = ground(crew);
    crew.run(zeroScan(here, threads));
    crew.close();
    crew.close();
    expect(crew.threads).toBe(1);
    expect(zeros(crew, here, threads)).toBe(PAGES / 3);
    expect(zeros(crew, ground(crew), 1)).toBe(PAGES / 3);
  });
});

describe("a thread that dies", () => {
  test("at work stops the job with an error, and the others go on as one", async () => {
    const { host, threads } = mortalHost();
    const crew = await crewOf(3, host, 1500);
    const here = ground(crew);
    crew.run(zeroScan(here, 3));
    threads[1]?.end();
    await ended();
    expect(() => crew.run(zeroScan(here, 3))).toThrow(AssertionError);
    expect(crew.threads).toBe(1);
    expect(crew.obstacle).toBe("a thread was lost: it does not answer any more");
    expect(zeros(crew, here, 3)).toBe(PAGES / 3);
  });

  test("before it knows a memory leaves its share to the caller", async () => {
    const { host, threads } = mortalHost();
    const crew = await crewOf(2, host, 500);
    threads[0]?.end();
    await ended();
    const here = ground(crew);
    expect(crew.run(zeroScan(here, 2))).toEqual([16, 16]);
    expect(crew.threads).toBe(1);
  });

  test("between two jobs is heard of", async () => {
    let end = (_reason: string): void => undefined;
    const host: ThreadHost = {
      parallelism: 2,
      start(script, onMessage, onEnd) {
        end = onEnd;
        return threadHost.start(script, onMessage, onEnd);
      },
    };
    const crew = await crewOf(2, host);
    const here = ground(crew);
    end("it is tired");
    expect(crew.run(zeroScan(here, 2))).toEqual([16, 16]);
    expect(crew.threads).toBe(1);
    expect(crew.obstacle).toBe("a thread was lost: it is tired");
  });
});

describe("where threads cannot be had there is one, and a reason", () => {
  test("without cross-origin isolation", async () => {
    vi.stubGlobal("SharedArrayBuffer", undefined);
    const crew = await crewOf(4);
    expect(crew.threads).toBe(1);
    expect(crew.obstacle).toContain("cross-origin isolated");
    expect(crew.run(zeroScan(ground(crew), 1))).toEqual([32]);
    try {
      createKernel(16, "simd", { shared: true });
      expect.unreachable();
    } catch (error) {
      expect(isGodwitError(error, "InvalidOptionError")).toBe(true);
      expect(String(error)).toContain("shared: got true");
    }
  });

  test.each<[string, ThreadHost["start"]]>([
    [
      "workers are refused",
      () => {
        throw new Error("content security policy");
      },
    ],
    [
      "workers end as soon as they begin",
      (_script, _onMessage, onEnd) => {
        queueMicrotask(() => onEnd("content security policy"));
        return { post: () => undefined, release: () => undefined, end: () => undefined };
      },
    ],
  ])("%s", async (_name, start) => {
    const crew = await crewOf(3, { parallelism: 2, start });
    expect(crew.threads).toBe(1);
    expect(crew.obstacle).toContain("content security policy");
  });

  test("only the SIMD build can be shared", () => {
    for (const backend of ["scalar", "reference"] as const) {
      expect(() => createKernel(16, backend, { shared: true })).toThrow("shared: got true");
    }
  });
});
