// Dirty bitmaps as hypervisors keep them: words of 64 pages, walked bit by bit or word by word.

#include "reference.h"

/** set(bitmap, list, count): sets bits, and does not count which were clear. */
static double set(uint8_t *memory, const double *args) {
  uint64_t *bitmap = (uint64_t *)at(memory, args[0]);
  const uint32_t *list = (const uint32_t *)at(memory, args[1]);
  for (const uint32_t *end = list + (uint32_t)args[2]; list != end; list++) {
    bitmap[*list >> 6] |= (uint64_t)1 << (*list & 63);
  }
  return 0;
}

/** The same, counting the bits that were clear, as the kernel does. */
static double set_counting(uint8_t *memory, const double *args) {
  uint64_t *bitmap = (uint64_t *)at(memory, args[0]);
  const uint32_t *list = (const uint32_t *)at(memory, args[1]);
  uint64_t marked = 0;
  for (const uint32_t *end = list + (uint32_t)args[2]; list != end; list++) {
    uint64_t word = bitmap[*list >> 6];
    marked += ~(word >> (*list & 63)) & 1;
    bitmap[*list >> 6] = word | (uint64_t)1 << (*list & 63);
  }
  return (double)marked;
}

/** harvest(log, into, words): takes each word that is not zero out of a log that others may write to. */
POPCOUNT static double harvest(uint8_t *memory, const double *args) {
  uint64_t *log = (uint64_t *)at(memory, args[0]), *into = (uint64_t *)at(memory, args[1]);
  uint64_t marked = 0;
  for (uint64_t i = 0; i < (uint64_t)args[2]; i++) {
    if (log[i] == 0) continue;
    uint64_t bits = __atomic_exchange_n(&log[i], 0, __ATOMIC_SEQ_CST);
    marked += (uint64_t)__builtin_popcountll(bits & ~into[i]);
    into[i] |= bits;
  }
  return (double)marked;
}

/** The first set bit of [from, size), or `size`; long stretches without any are skipped by fours. */
__attribute__((noinline)) static uint64_t find_next_bit(const uint64_t *bitmap, uint64_t size,
                                                        uint64_t from) {
  if (from >= size) return size;
  uint64_t i = from >> 6, words = (size + 63) >> 6;
  uint64_t word = bitmap[i] & ~(uint64_t)0 << (from & 63);
  while (word == 0) {
    if (++i == words) return size;
    while (i + 4 <= words && (bitmap[i] | bitmap[i + 1] | bitmap[i + 2] | bitmap[i + 3]) == 0) i += 4;
    if (i == words) return size;
    word = bitmap[i];
  }
  uint64_t bit = i * 64 + (uint64_t)__builtin_ctzll(word);
  return bit < size ? bit : size;
}

/** list(bitmap, pages, out, chunk): lists set bits as u32, `chunk` pages at a time to the same place. */
static double list(uint8_t *memory, const double *args) {
  const uint64_t *bitmap = (const uint64_t *)at(memory, args[0]);
  uint32_t *out = (uint32_t *)at(memory, args[2]);
  uint64_t pages = (uint64_t)args[1], chunk = (uint64_t)args[3], listed = 0;
  for (uint64_t from = 0; from < pages; from += chunk) {
    uint64_t to = from + chunk < pages ? from + chunk : pages;
    uint64_t count = 0;
    for (uint64_t bit = find_next_bit(bitmap, to, from); bit < to;
         bit = find_next_bit(bitmap, to, bit + 1)) {
      out[count++] = (uint32_t)bit;
    }
    listed += count;
  }
  return (double)listed;
}

/** count(bitmap, words) */
POPCOUNT static double count(uint8_t *memory, const double *args) {
  const uint64_t *bitmap = (const uint64_t *)at(memory, args[0]);
  uint64_t even = 0, odd = 0;
  for (const uint64_t *end = bitmap + (uint64_t)args[1]; bitmap != end; bitmap += 2) {
    even += (uint64_t)__builtin_popcountll(bitmap[0]);
    odd += (uint64_t)__builtin_popcountll(bitmap[1]);
  }
  return (double)(even + odd);
}

// combine(into, from, words): the compiler is asked to use vectors, which it does not do by itself at -O2.

__attribute__((optimize("O3"))) static double or_into(uint8_t *memory, const double *args) {
  uint64_t *restrict into = (uint64_t *)at(memory, args[0]);
  const uint64_t *restrict from = (const uint64_t *)at(memory, args[1]);
  for (uint64_t i = 0; i < (uint64_t)args[2]; i++) into[i] |= from[i];
  return 0;
}

__attribute__((optimize("O3"))) static double and_not_into(uint8_t *memory, const double *args) {
  uint64_t *restrict into = (uint64_t *)at(memory, args[0]);
  const uint64_t *restrict from = (const uint64_t *)at(memory, args[1]);
  for (uint64_t i = 0; i < (uint64_t)args[2]; i++) into[i] &= ~from[i];
  return 0;
}

const struct reference bitmap_references[] = {
    {"bitmapSet", NULL, set},         {"bitmapSetCounting", NULL, set_counting},
    {"bitmapHarvest", NULL, harvest}, {"bitmapList", NULL, list},
    {"bitmapCount", NULL, count},     {"bitmapOr", NULL, or_into},
    {"bitmapAndNot", NULL, and_not_into}, {NULL, NULL, NULL},
};
