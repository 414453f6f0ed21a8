// The references as functions of JavaScript. An addon for benchmarks only: it checks no argument.

#include <node_api.h>
#include <stdlib.h>
#include <time.h>

#include "reference.h"

#define MOST_ARGUMENTS 8

static uint8_t *memory;

static const struct reference *const lists[] = {
    page_scan_references,   page_delta_references, bitmap_references, dirty_set_references,
    limit_references,       lz4_references,        xxh3_base_references,
#ifdef GODWIT_X86
    xxh3_avx2_references,   xxh3_avx512_references,
#endif
};

/** Must hold: a failure here is a bug, and nothing that JavaScript could mend. */
static void must(napi_status status) {
  if (status != napi_ok) abort();
}

static bool processor_has(const char *feature) {
  if (feature == NULL) return true;
#ifdef GODWIT_X86
  // The builtin takes literals only.
  if (strcmp(feature, "avx2") == 0) return __builtin_cpu_supports("avx2");
  if (strcmp(feature, "avx512") == 0) {
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512vl");
  }
  return strcmp(feature, "sse2") == 0;
#else
  return false;
#endif
}

static napi_value number(napi_env env, double value) {
  napi_value result;
  must(napi_create_double(env, value, &result));
  return result;
}

/** attach(buffer): what the pointers of all later calls are offsets into. */
static napi_value attach(napi_env env, napi_callback_info info) {
  napi_value argument;
  size_t count = 1;
  must(napi_get_cb_info(env, info, &count, &argument, NULL, NULL));
  must(napi_get_arraybuffer_info(env, argument, (void **)&memory, NULL));
  return NULL;
}

/** cpuMilliseconds(): CPU time of this thread alone. */
static napi_value cpu_milliseconds(napi_env env, napi_callback_info info) {
  (void)info;
  struct timespec spent;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &spent);
  return number(env, (double)spent.tv_sec * 1e3 + (double)spent.tv_nsec / 1e6);
}

static napi_value call(napi_env env, napi_callback_info info) {
  napi_value given[MOST_ARGUMENTS];
  double args[MOST_ARGUMENTS] = {0};
  size_t count = MOST_ARGUMENTS;
  void *data;
  must(napi_get_cb_info(env, info, &count, given, NULL, &data));
  if (count > MOST_ARGUMENTS) count = MOST_ARGUMENTS;
  for (size_t i = 0; i < count; i++) must(napi_get_value_double(env, given[i], &args[i]));
  return number(env, ((const struct reference *)data)->run(memory, args));
}

static void add(napi_env env, napi_value object, const char *name, napi_callback run, void *data) {
  napi_value function;
  must(napi_create_function(env, name, NAPI_AUTO_LENGTH, run, data, &function));
  must(napi_set_named_property(env, object, name, function));
}

/** {attach, cpuMilliseconds, compiler, references: {name: function}, lacking: {name: feature}} */
static napi_value init(napi_env env, napi_value exports) {
  napi_value references, lacking, text;
  must(napi_create_object(env, &references));
  must(napi_create_object(env, &lacking));
  for (size_t list = 0; list < sizeof lists / sizeof *lists; list++) {
    for (const struct reference *one = lists[list]; one->name != NULL; one++) {
      if (processor_has(one->feature)) {
        add(env, references, one->name, call, (void *)one);
      } else {
        must(napi_create_string_utf8(env, one->feature, NAPI_AUTO_LENGTH, &text));
        must(napi_set_named_property(env, lacking, one->name, text));
      }
    }
  }
  add(env, exports, "attach", attach, NULL);
  add(env, exports, "cpuMilliseconds", cpu_milliseconds, NULL);
  must(napi_create_string_utf8(env, __VERSION__, NAPI_AUTO_LENGTH, &text));
  must(napi_set_named_property(env, exports, "compiler", text));
  must(napi_set_named_property(env, exports, "references", references));
  must(napi_set_named_property(env, exports, "lacking", lacking));
  return exports;
}

NAPI_MODULE(godwit_references, init)
