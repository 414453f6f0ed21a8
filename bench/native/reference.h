// What the kernel is measured against: C over the kernel's own memory, compiled for the machine.

#ifndef GODWIT_REFERENCE_H
#define GODWIT_REFERENCE_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#if defined(__x86_64__)
#define GODWIT_X86 1
#include <immintrin.h>
#endif

#define PAGE 4096

/** Counting bits is one instruction on every processor of interest, but not one that compilers assume. */
#ifdef GODWIT_X86
#define POPCOUNT __attribute__((target("popcnt")))
#else
#define POPCOUNT
#endif

#define AVX2 __attribute__((target("avx2,popcnt")))
#define AVX512 __attribute__((target("avx512f,avx512bw,avx512vl,popcnt")))

/** Numbers in, a number out, as the kernel's exports; pointers are offsets into `memory`. */
typedef double reference_run(uint8_t *memory, const double *args);

struct reference {
  const char *name;     // null ends a list
  const char *feature;  // what the processor must have, as compilers call it; null for nothing
  reference_run *run;
};

extern const struct reference page_scan_references[];
extern const struct reference page_delta_references[];
extern const struct reference bitmap_references[];
extern const struct reference dirty_set_references[];
extern const struct reference limit_references[];
extern const struct reference lz4_references[];
extern const struct reference xxh3_base_references[];
extern const struct reference xxh3_avx2_references[];
extern const struct reference xxh3_avx512_references[];

static inline uint8_t *at(uint8_t *memory, double offset) { return memory + (uint64_t)offset; }

static inline uint64_t load64(const uint8_t *from) {
  uint64_t word;
  memcpy(&word, from, sizeof word);
  return word;
}

#endif
