// Holds page-digest.ts.
import fc from "fast-check";
import { createXXHash3, type IHasher } from "hash-wasm";
import { beforeAll, describe, expect, test } from "vitest";
import { BASE, Backends } from "./backends.js";

const PAGE = 4096;
const PAGES = 3;
const OUT = BASE + PAGES * PAGE;
const backends = new Backends(OUT + 8 * PAGES);

function digests(pages: number): bigint[] {
  backends.call((kernel) => kernel.digestPages(BASE, pages, OUT));
  return [...new BigUint64Array(backends.read(OUT, 8 * pages).buffer)];
}

describe("digestPages", () => {
  let xxh3: IHasher;

  beforeAll(async () => {
    xxh3 = await createXXHash3();
  });

  test("is XXH3 as libxxhash 0.8.1 has it", () => {
    // The bytes that xxHash's own sanity checks are made of.
    let generator = 0x9e3779b1n;
    const content = Uint8Array.from({ length: PAGES * PAGE }, () => {
      const byte = Number((generator >> 56n) & 0xffn);
      generator = BigInt.asUintN(64, generator * 0x9e3779b185ebca8dn);
      return byte;
    });
    backends.prepare((memory) => memory.set(content, BASE));
    expect(digests(PAGES)).toEqual([0xe91206429d1f48f9n, 0xa465f1771325384an, 0xb3c1cd94ad35a9e9n]);
    backends.prepare((memory) => memory.fill(0, BASE, BASE + PAGE));
    expect(digests(1)).toEqual([0x93d76fe148c689ban]);
  });

  test("is XXH3 as another implementation has it", () => {
    const contents = fc.uint8Array({ minLength: 64, maxLength: PAGE });
    fc.assert(
      fc.property(contents, fc.integer({ min: 0, max: PAGES }), (content, pages) => {
        backends.prepare((memory) => {
          for (let at = 0; at < pages * PAGE; at += content.length) memory.set(content, BASE + at);
        });
        const bytes = backends.read(BASE, pages * PAGE);
        for (const [page, digest] of digests(pages).entries()) {
          xxh3.init();
          xxh3.update(bytes.subarray(page * PAGE, (page + 1) * PAGE));
          expect(digest.toString(16).padStart(16, "0")).toBe(xxh3.digest());
        }
      }),
    );
  });
});
