// Questions about whole pages: is it zero, does it differ, which of its bytes differ.

#include "reference.h"

// A scan answers like the kernel's: one bit a page, and how many bits are set. Every instruction set
// needs a loop of its own, since code for one cannot be inlined into code for another.
#define DEFINE_SCAN(name, target, is_set)                                         \
  target static double name(uint8_t *memory, const double *args) {                \
    const uint8_t *a = at(memory, args[0]);                                       \
    const uint8_t *b = at(memory, args[1]);                                       \
    uint64_t *out = (uint64_t *)at(memory, args[3]);                              \
    uint32_t pages = (uint32_t)args[2], total = 0;                                \
    for (; pages != 0; out++) {                                                   \
      uint32_t group = pages < 64 ? pages : 64;                                   \
      uint64_t bits = 0;                                                          \
      for (uint32_t bit = 0; bit < group; bit++, a += PAGE, b += PAGE) {          \
        bits |= (uint64_t)is_set(a, b) << bit;                                    \
      }                                                                           \
      pages -= group;                                                             \
      *out = bits;                                                                \
      total += (uint32_t)__builtin_popcountll(bits);                              \
    }                                                                             \
    return total;                                                                 \
  }

/** Most pages that are not zero say so at one of three places, as QEMU's scan looks at them first. */
static inline bool looks_zero(const uint8_t *page) {
  return (load64(page) | load64(page + PAGE / 2) | load64(page + PAGE - 8)) == 0;
}

static inline bool is_zero_words(const uint8_t *page, const uint8_t *unused) {
  (void)unused;
  if (!looks_zero(page)) return false;
  for (const uint8_t *end = page + PAGE; page != end; page += 64) {
    uint64_t bits = 0;
    for (int word = 0; word < 64; word += 8) bits |= load64(page + word);
    if (bits != 0) return false;
  }
  return true;
}

static inline bool differs(const uint8_t *a, const uint8_t *b) { return memcmp(a, b, PAGE) != 0; }

DEFINE_SCAN(zero_words, , is_zero_words)
DEFINE_SCAN(differing_memcmp, , differs)

#ifdef GODWIT_X86

static inline bool is_zero_sse2(const uint8_t *page, const uint8_t *unused) {
  (void)unused;
  if (!looks_zero(page)) return false;
  const __m128i zero = _mm_setzero_si128();
  for (const uint8_t *end = page + PAGE; page != end; page += 128) {
    const __m128i *v = (const __m128i *)page;
    __m128i front = _mm_or_si128(_mm_or_si128(v[0], v[1]), _mm_or_si128(v[2], v[3]));
    __m128i back = _mm_or_si128(_mm_or_si128(v[4], v[5]), _mm_or_si128(v[6], v[7]));
    __m128i same = _mm_cmpeq_epi8(_mm_or_si128(front, back), zero);
    if (_mm_movemask_epi8(same) != 0xffff) return false;
  }
  return true;
}

AVX2 static inline bool is_zero_avx2(const uint8_t *page, const uint8_t *unused) {
  (void)unused;
  if (!looks_zero(page)) return false;
  for (const uint8_t *end = page + PAGE; page != end; page += 256) {
    const __m256i *v = (const __m256i *)page;
    __m256i front = _mm256_or_si256(_mm256_or_si256(v[0], v[1]), _mm256_or_si256(v[2], v[3]));
    __m256i back = _mm256_or_si256(_mm256_or_si256(v[4], v[5]), _mm256_or_si256(v[6], v[7]));
    __m256i all = _mm256_or_si256(front, back);
    if (!_mm256_testz_si256(all, all)) return false;
  }
  return true;
}

AVX512 static inline bool is_zero_avx512(const uint8_t *page, const uint8_t *unused) {
  (void)unused;
  if (!looks_zero(page)) return false;
  for (const uint8_t *end = page + PAGE; page != end; page += 512) {
    const __m512i *v = (const __m512i *)page;
    __m512i front = _mm512_or_si512(_mm512_or_si512(v[0], v[1]), _mm512_or_si512(v[2], v[3]));
    __m512i back = _mm512_or_si512(_mm512_or_si512(v[4], v[5]), _mm512_or_si512(v[6], v[7]));
    __m512i all = _mm512_or_si512(front, back);
    if (_mm512_test_epi64_mask(all, all) != 0) return false;
  }
  return true;
}

AVX512 static inline bool differs_avx512(const uint8_t *a, const uint8_t *b) {
  for (const uint8_t *end = a + PAGE; a != end; a += 256, b += 256) {
    const __m512i *v = (const __m512i *)a, *w = (const __m512i *)b;
    __m512i front = _mm512_or_si512(_mm512_xor_si512(v[0], w[0]), _mm512_xor_si512(v[1], w[1]));
    __m512i back = _mm512_or_si512(_mm512_xor_si512(v[2], w[2]), _mm512_xor_si512(v[3], w[3]));
    __m512i all = _mm512_or_si512(front, back);
    if (_mm512_test_epi64_mask(all, all) != 0) return true;
  }
  return false;
}

DEFINE_SCAN(zero_sse2, , is_zero_sse2)
DEFINE_SCAN(zero_avx2, AVX2, is_zero_avx2)
DEFINE_SCAN(zero_avx512, AVX512, is_zero_avx512)
DEFINE_SCAN(differing_avx512, AVX512, differs_avx512)

// masks(old, page, pages, out): for each 64 bytes of each page a word of 64 bits, which bytes differ.

AVX2 static double masks_avx2(uint8_t *memory, const double *args) {
  const __m256i *a = (const __m256i *)at(memory, args[0]);
  const __m256i *b = (const __m256i *)at(memory, args[1]);
  uint64_t *out = (uint64_t *)at(memory, args[3]);
  for (uint32_t page = 0; page < (uint32_t)args[2]; page++) {
    for (int block = 0; block < PAGE / 64; block++, a += 2, b += 2) {
      uint32_t low = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(a[0], b[0]));
      uint32_t high = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(a[1], b[1]));
      out[block] = ~(low | (uint64_t)high << 32);
    }
  }
  return 0;
}

AVX512 static double masks_avx512(uint8_t *memory, const double *args) {
  const __m512i *a = (const __m512i *)at(memory, args[0]);
  const __m512i *b = (const __m512i *)at(memory, args[1]);
  uint64_t *out = (uint64_t *)at(memory, args[3]);
  for (uint32_t page = 0; page < (uint32_t)args[2]; page++) {
    for (int block = 0; block < PAGE / 64; block++) {
      out[block] = _mm512_cmpneq_epi8_mask(*a++, *b++);
    }
  }
  return 0;
}

#endif

const struct reference page_scan_references[] = {
    {"zeroWords", NULL, zero_words},
    {"differingMemcmp", NULL, differing_memcmp},
#ifdef GODWIT_X86
    {"zeroSse2", "sse2", zero_sse2},
    {"zeroAvx2", "avx2", zero_avx2},
    {"zeroAvx512", "avx512", zero_avx512},
    {"differingAvx512", "avx512", differing_avx512},
    {"masksAvx2", "avx2", masks_avx2},
    {"masksAvx512", "avx512", masks_avx512},
#endif
    {NULL, NULL, NULL},
};
