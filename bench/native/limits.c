// What one thread of the machine can do at all: reading, copying and filling memory, and no more.

#include "reference.h"

// read(from, bytes)
#define DEFINE_READ(name, target, type)                              \
  target static double name(uint8_t *memory, const double *args) {   \
    const type *v = (const type *)at(memory, args[0]);               \
    type a = {0}, b = {0}, c = {0}, d = {0};                         \
    for (const type *end = (const type *)((const uint8_t *)v + (uint64_t)args[1]); v != end; v += 8) { \
      a |= v[0] | v[4], b |= v[1] | v[5];                            \
      c |= v[2] | v[6], d |= v[3] | v[7];                            \
    }                                                                \
    type all = a | b | c | d;                                        \
    return (double)all[0];                                           \
  }

typedef long long bits128 __attribute__((vector_size(16)));
DEFINE_READ(read_128, , bits128)

#ifdef GODWIT_X86
typedef long long bits256 __attribute__((vector_size(32)));
typedef long long bits512 __attribute__((vector_size(64)));
DEFINE_READ(read_avx2, AVX2, bits256)
DEFINE_READ(read_avx512, AVX512, bits512)
#endif

/** copy(to, from, pages): page by page, as a page cache does. */
static double copy(uint8_t *memory, const double *args) {
  uint8_t *to = at(memory, args[0]);
  const uint8_t *from = at(memory, args[1]);
  for (uint32_t page = 0; page < (uint32_t)args[2]; page++, to += PAGE, from += PAGE) {
    memcpy(to, from, PAGE);
  }
  return 0;
}

/** fill(to, pages) */
static double fill(uint8_t *memory, const double *args) {
  uint8_t *to = at(memory, args[0]);
  for (uint32_t page = 0; page < (uint32_t)args[1]; page++, to += PAGE) memset(to, 0, PAGE);
  return 0;
}

const struct reference limit_references[] = {
    {"read128", NULL, read_128},
#ifdef GODWIT_X86
    {"readAvx2", "avx2", read_avx2},
    {"readAvx512", "avx512", read_avx512},
#endif
    {"copyMemcpy", NULL, copy},
    {"fillMemset", NULL, fill},
    {NULL, NULL, NULL},
};
