import { expect, test } from "vitest";
// @ts-expect-error The recorder is plain JavaScript, so that it runs without a build step of its own.
import { recordTrace } from "../../scripts/record-fixture.mjs";
import { readTraceFolder } from "../../src/files/contents-files.js";
import type { RecordedTrace } from "../../src/memory/recorded-trace.js";

const fixture = await readTraceFolder("fixtures/kv-store");

/** Share of pages that are all zero. */
function zeroShare({ base, pageCount, pageSize }: RecordedTrace): number {
  let zero = 0;
  for (let at = 0; at < base.length; at += pageSize) {
    if (base.subarray(at, at + pageSize).every((byte) => byte === 0)) zero++;
  }
  return zero / pageCount;
}

test("the fixture is a guest of 16 MiB with twelve snapshots of real work", () => {
  expect(fixture.pageCount).toBe(4096);
  expect(fixture.snapshots).toHaveLength(12);
  for (const { ranNs, pages } of fixture.snapshots) {
    expect(ranNs).toBe(250_000_000);
    expect(pages.length).toBeGreaterThan(60);
    expect(pages.length).toBeLessThan(400);
  }
  expect(zeroShare(fixture)).toBeGreaterThan(0.3);
  expect(zeroShare(fixture)).toBeLessThan(0.5);
});

test("its recorder gives the same bytes again", async () => {
  const again: RecordedTrace = await recordTrace();
  expect(Buffer.compare(again.base, fixture.base)).toBe(0);
  expect(again.snapshots.map(({ pages }) => [...pages])).toEqual(
    fixture.snapshots.map(({ pages }) => [...pages]),
  );
  again.snapshots.forEach(({ bytes }, index) => {
    expect(Buffer.compare(bytes, fixture.snapshots[index]?.bytes ?? bytes.subarray(1))).toBe(0);
  });
});
