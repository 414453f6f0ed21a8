// XBZRLE from its format: page = (zrun nzrun)*, lengths as ULEB128 of at most two bytes.

#include "reference.h"

static inline uint8_t *put_length(uint8_t *out, size_t length) {
  if (length > 127) *out++ = (uint8_t)(length | 128), length >>= 7;
  *out++ = (uint8_t)length;
  return out;
}

/** Writes bytes [kept, start) that stay and [start, end) that change; null when they pass `room`. */
static inline uint8_t *put_run(uint8_t *out, const uint8_t *room, const uint8_t *page, size_t kept,
                               size_t start, size_t end) {
  size_t same = start - kept, changed = end - start;
  size_t size = (same > 127 ? 2 : 1) + (changed > 127 ? 2 : 1) + changed;
  if (size > (size_t)(room - out)) return NULL;
  out = put_length(put_length(out, same), changed);
  memcpy(out, page + start, changed);
  return out + changed;
}

/** Position of the first changed byte from `i` on: words while they are the same, then bytes. */
static inline size_t skip_same(const uint8_t *old, const uint8_t *page, size_t i) {
  while (i % 8 != 0 && old[i] == page[i]) i++;
  if (i % 8 != 0) return i;
  while (i < PAGE && load64(old + i) == load64(page + i)) i += 8;
  while (i < PAGE && old[i] == page[i]) i++;
  return i;
}

/** Position of the first byte that stays: words while none of their bytes does, then bytes. */
static inline size_t skip_changed(const uint8_t *old, const uint8_t *page, size_t i) {
  const uint64_t ones = 0x0101010101010101;
  while (i % 8 != 0 && old[i] != page[i]) i++;
  if (i % 8 != 0) return i;
  for (; i < PAGE; i += 8) {
    uint64_t difference = load64(old + i) ^ load64(page + i);
    if (((difference - ones) & ~difference & (ones << 7)) != 0) break;
  }
  while (i < PAGE && old[i] != page[i]) i++;
  return i;
}

static inline int32_t encode_words(const uint8_t *old, const uint8_t *page, uint8_t *out,
                                   uint32_t limit) {
  uint8_t *to = out;
  for (size_t kept = 0; kept < PAGE;) {
    size_t start = skip_same(old, page, kept);
    if (start == PAGE) break;
    size_t end = skip_changed(old, page, start);
    to = put_run(to, out + limit, page, kept, start, end);
    if (to == NULL) return -1;
    kept = end;
  }
  return (int32_t)(to - out);
}

// encode(old, page, pages, out, stride, lengths, limit): deltas `stride` bytes apart, lengths as i32.
#define DEFINE_ENCODE(name, target, encode)                                        \
  target static double name(uint8_t *memory, const double *args) {                 \
    const uint8_t *old = at(memory, args[0]), *page = at(memory, args[1]);         \
    uint8_t *out = at(memory, args[3]);                                            \
    int32_t *lengths = (int32_t *)at(memory, args[5]);                             \
    uint64_t stride = (uint64_t)args[4];                                           \
    uint32_t limit = (uint32_t)args[6];                                            \
    for (uint32_t i = 0; i < (uint32_t)args[2]; i++) {                             \
      lengths[i] = encode(old + i * PAGE, page + i * PAGE, out + i * stride, limit); \
    }                                                                              \
    return 0;                                                                      \
  }

DEFINE_ENCODE(encode_scalar, , encode_words)

#ifdef GODWIT_X86

AVX2 static inline uint64_t changed_avx2(const uint8_t *old, const uint8_t *page) {
  const __m256i *a = (const __m256i *)old, *b = (const __m256i *)page;
  uint32_t low = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(a[0], b[0]));
  uint32_t high = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(a[1], b[1]));
  return ~(low | (uint64_t)high << 32);
}

AVX512 static inline uint64_t changed_avx512(const uint8_t *old, const uint8_t *page) {
  return _mm512_cmpneq_epi8_mask(_mm512_load_si512(old), _mm512_load_si512(page));
}

// 64 bytes at a time as a mask of changed bytes; whole blocks that go on as before are skipped.
#define DEFINE_ENCODE_BY_MASKS(name, target, changed)                                         \
  target static inline int32_t name(const uint8_t *old, const uint8_t *page, uint8_t *out,    \
                                    uint32_t limit) {                                         \
    uint8_t *to = out;                                                                        \
    size_t kept = 0, start = 0;                                                               \
    uint64_t open = 0; /* all ones while a run of changed bytes is open */                    \
    for (uint32_t block = 0; block < PAGE; block += 64) {                                     \
      uint64_t left = changed(old + block, page + block) ^ open;                              \
      while (left != 0) {                                                                     \
        uint32_t bit = (uint32_t)__builtin_ctzll(left);                                       \
        if (open == 0) {                                                                      \
          start = block + bit;                                                                \
        } else {                                                                              \
          to = put_run(to, out + limit, page, kept, start, block + bit);                      \
          if (to == NULL) return -1;                                                          \
          kept = block + bit;                                                                 \
        }                                                                                     \
        open = ~open;                                                                         \
        left = ~left & (~(uint64_t)0 << bit);                                                 \
      }                                                                                       \
    }                                                                                         \
    if (open != 0) to = put_run(to, out + limit, page, kept, start, PAGE);                    \
    return to == NULL ? -1 : (int32_t)(to - out);                                             \
  }

DEFINE_ENCODE_BY_MASKS(encode_page_avx2, AVX2, changed_avx2)
DEFINE_ENCODE_BY_MASKS(encode_page_avx512, AVX512, changed_avx512)
DEFINE_ENCODE(encode_avx2, AVX2, encode_page_avx2)
DEFINE_ENCODE(encode_avx512, AVX512, encode_page_avx512)

#endif

/** The number at `*from`, or -1 when it does not end within two bytes or before `end`. */
static inline int32_t take_length(const uint8_t **from, const uint8_t *end) {
  if (*from == end) return -1;
  uint32_t low = *(*from)++;
  if (low < 128) return (int32_t)low;
  if (*from == end) return -1;
  uint32_t high = *(*from)++;
  return high < 128 ? (int32_t)((low & 127) | high << 7) : -1;
}

static inline int32_t decode_page(const uint8_t *delta, uint32_t length, uint8_t *page) {
  const uint8_t *end = delta + length;
  int32_t position = 0;
  for (bool first = true; delta != end; first = false) {
    int32_t same = take_length(&delta, end);
    if (same < 0 || (same == 0 && !first)) return -1;
    int32_t changed = take_length(&delta, end);
    if (changed <= 0 || changed > end - delta || position + same + changed > PAGE) return -1;
    memcpy(page + position + same, delta, (size_t)changed);
    position += same + changed;
    delta += changed;
  }
  return position;
}

/** decode(deltas, stride, lengths, pages, guest): deltas as encode leaves them, applied page by page. */
static double decode(uint8_t *memory, const double *args) {
  const uint8_t *deltas = at(memory, args[0]);
  const int32_t *lengths = (const int32_t *)at(memory, args[2]);
  uint8_t *guest = at(memory, args[4]);
  double sum = 0;
  for (uint32_t i = 0; i < (uint32_t)args[3]; i++) {
    const uint8_t *delta = deltas + i * (uint64_t)args[1];
    sum += decode_page(delta, (uint32_t)lengths[i], guest + i * PAGE);
  }
  return sum;
}

const struct reference page_delta_references[] = {
    {"encodeScalar", NULL, encode_scalar},
#ifdef GODWIT_X86
    {"encodeAvx2", "avx2", encode_avx2},
    {"encodeAvx512", "avx512", encode_avx512},
#endif
    {"decode", NULL, decode},
    {NULL, NULL, NULL},
};
