/** Scatters page numbers over 32 bits, each number to another one: the finalizer of MurmurHash3. Samples are drawn by it. */
export function scatter(page: number): number {
  let hash = page >>> 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
