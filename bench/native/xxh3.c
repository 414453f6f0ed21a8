// Debian's xxHash with everything inlined, so that it uses what this unit is compiled for: it is compiled
// once for each instruction set, SET as the list's name, SUFFIX as the end of each reference's.

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "reference.h"

#define JOIN(a, b, c) a##b##c
#define LIST(set) JOIN(xxh3_, set, _references)

/** digest(base, pages, out): XXH3-64 of each page. */
static double xxh3(uint8_t *memory, const double *args) {
  const uint8_t *page = at(memory, args[0]);
  uint64_t *out = (uint64_t *)at(memory, args[2]);
  for (uint32_t i = 0; i < (uint32_t)args[1]; i++, page += PAGE) *out++ = XXH3_64bits(page, PAGE);
  return 0;
}

/** The same with XXH64, which knows no vectors. */
static double xxh64(uint8_t *memory, const double *args) {
  const uint8_t *page = at(memory, args[0]);
  uint64_t *out = (uint64_t *)at(memory, args[2]);
  for (uint32_t i = 0; i < (uint32_t)args[1]; i++, page += PAGE) *out++ = XXH64(page, PAGE, 0);
  return 0;
}

const struct reference LIST(SET)[] = {
    {"xxh3" SUFFIX, FEATURE, xxh3},
    {"xxh64" SUFFIX, FEATURE, xxh64},
    {NULL, NULL, NULL},
};
