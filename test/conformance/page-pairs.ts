import fc from "fast-check";

export const PAGE = 4096;

/** What one page differs by from another: stretches of new bytes at places. */
const changes = fc.array(
  fc.tuple(
    fc.oneof(fc.constantFrom(0, 1, 63, 64, 127, 128, 4080, 4095), fc.nat(PAGE - 1)),
    fc.oneof(fc.uint8Array({ minLength: 1, maxLength: 4 }), fc.uint8Array({ maxLength: 600 })),
  ),
  { maxLength: 40 },
);
const base = fc.uint8Array({ minLength: 1, maxLength: 64 }).map((content) => {
  return Uint8Array.from({ length: PAGE }, (_, index) => content[index % content.length] as number);
});
/** A page before and after some stretches of it changed. */
export const pagePair = fc.tuple(base, changes).map(([old, stretches]) => {
  const page = old.slice();
  for (const [at, bytes] of stretches) page.set(bytes.subarray(0, PAGE - at), at);
  return [old, page] as const;
});
