// The set of pages a guest dirties, drawn 128 pages at a time, digit by digit of the probability.

#include "reference.h"

typedef uint32_t vector __attribute__((vector_size(16)));

static inline vector rotate(vector value, int by) { return value << by | value >> (32 - by); }

static inline bool any(vector value) {
  uint64_t halves[2];
  memcpy(halves, &value, sizeof halves);
  return (halves[0] | halves[1]) != 0;
}

POPCOUNT static inline uint64_t count(vector value) {
  uint64_t halves[2];
  memcpy(halves, &value, sizeof halves);
  return (uint64_t)(__builtin_popcountll(halves[0]) + __builtin_popcountll(halves[1]));
}

/** draw(bitmap, pages, high, low, state): four xoshiro128++ generators side by side; how many are new. */
POPCOUNT static double draw(uint8_t *memory, const double *args) {
  vector *bitmap = (vector *)at(memory, args[0]);
  const uint64_t probability = (uint64_t)args[2] << 32 | (uint64_t)args[3];
  vector *state = (vector *)at(memory, args[4]);
  vector s0 = state[0], s1 = state[1], s2 = state[2], s3 = state[3];
  uint64_t marked = 0;
  for (vector *end = bitmap + (uint64_t)args[1] / 128; bitmap != end; bitmap++) {
    vector open = ~(vector){0}, drawn = {0};
    for (uint64_t digits = probability; digits != 0 && any(open); digits <<= 1) {
      vector random = rotate(s0 + s3, 7) + s0, shifted = s1 << 9;
      s2 ^= s0, s3 ^= s1, s1 ^= s2, s0 ^= s3;
      s2 ^= shifted;
      s3 = rotate(s3, 11);
      if (digits >> 63 != 0) drawn |= open & ~random, open &= random;
      else open &= ~random;
    }
    marked += count(drawn & ~*bitmap);
    *bitmap |= drawn;
  }
  state[0] = s0, state[1] = s1, state[2] = s2, state[3] = s3;
  return (double)marked;
}

const struct reference dirty_set_references[] = {
    {"drawDirtySet", NULL, draw},
    {NULL, NULL, NULL},
};
