// Debian's liblz4, page by page: blocks that stand alone, as pages cross a link.

#include <lz4.h>

#include "reference.h"

/** lz4Compress(pages at, pages, out, stride, lengths, acceleration); lengths as i32, 0 where none fits. */
static double compress(uint8_t *memory, const double *args) {
  static LZ4_stream_t state;
  const uint8_t *page = at(memory, args[0]);
  uint8_t *out = at(memory, args[2]);
  int32_t *lengths = (int32_t *)at(memory, args[4]);
  for (uint32_t i = 0; i < (uint32_t)args[1]; i++, page += PAGE, out += (uint64_t)args[3]) {
    lengths[i] = LZ4_compress_fast_extState(&state, (const char *)page, (char *)out, PAGE, PAGE,
                                            (int)args[5]);
  }
  return 0;
}

/** lz4Decompress(blocks, stride, lengths, pages, out) */
static double decompress(uint8_t *memory, const double *args) {
  const uint8_t *block = at(memory, args[0]);
  const int32_t *lengths = (const int32_t *)at(memory, args[2]);
  uint8_t *out = at(memory, args[4]);
  double sum = 0;
  for (uint32_t i = 0; i < (uint32_t)args[3]; i++, block += (uint64_t)args[1], out += PAGE) {
    sum += LZ4_decompress_safe((const char *)block, (char *)out, lengths[i], PAGE);
  }
  return sum;
}

const struct reference lz4_references[] = {
    {"lz4Compress", NULL, compress},
    {"lz4Decompress", NULL, decompress},
    {NULL, NULL, NULL},
};
