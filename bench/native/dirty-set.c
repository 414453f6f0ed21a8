// The set of pages a guest dirties, drawn 128 pages at a time: a set bit of a random number is a digit 0 of a
// page's fraction, and a page is set when its fraction is below the probability.

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

/** So many digits are drawn for every block at once, the last of them first. */
enum { FIRST_DIGITS = 10 };

/** One number of each generator. */
static inline vector next(vector s[4]) {
  const vector random = rotate(s[0] + s[3], 7) + s[0], shifted = s[1] << 9;
  s[2] ^= s[0], s[3] ^= s[1], s[1] ^= s[2], s[0] ^= s[3];
  s[2] ^= shifted;
  s[3] = rotate(s[3], 11);
  return random;
}

/** draw(bitmap, pages, high, low, state): four xoshiro128++ generators side by side; how many are new. */
POPCOUNT static double draw(uint8_t *memory, const double *args) {
  vector *bitmap = (vector *)at(memory, args[0]);
  const uint64_t probability = (uint64_t)args[2] << 32 | (uint64_t)args[3];
  vector *state = (vector *)at(memory, args[4]);
  vector s[4] = {state[0], state[1], state[2], state[3]};
  const int digits = probability == 0 ? 0 : 64 - __builtin_ctzll(probability);
  const int firsts = digits < FIRST_DIGITS ? digits : FIRST_DIGITS;
  uint64_t marked = 0;
  for (vector *end = bitmap + (uint64_t)args[1] / 128; bitmap != end; bitmap++) {
    // What the digits looked at say if those that follow say no, and if they say yes.
    vector drawn = {0}, possible = ~(vector){0};
    for (int digit = 0; digit != firsts; digit++) {
      const vector random = next(s);
      if (probability >> (64 - firsts + digit) & 1) drawn |= random, possible |= random;
      else drawn &= random, possible &= random;
    }
    vector open = drawn ^ possible;
    for (uint64_t digits = probability << firsts; digits != 0 && any(open); digits <<= 1) {
      const vector random = next(s);
      if (digits >> 63 != 0) drawn |= open & random, open &= ~random;
      else open &= random;
    }
    marked += count(drawn & ~*bitmap);
    *bitmap |= drawn;
  }
  memcpy(state, s, sizeof s);
  return (double)marked;
}

const struct reference dirty_set_references[] = {
    {"drawDirtySet", NULL, draw},
    {NULL, NULL, NULL},
};
