// TRACK_CHECK: an invariant of the program itself, on in release builds too. Never used for bad input (Result is).
#pragma once

#include <cstdio>
#include <cstdlib>

/// Aborts with file, line, the condition and a printf-style message if `condition` is false.
#define TRACK_CHECK(condition, ...)                                                                   \
  do {                                                                                                \
    if (!(condition)) [[unlikely]] {                                                                  \
      std::fprintf(stderr, "mqtrack: internal error at %s:%d: %s: ", __FILE__, __LINE__, #condition); \
      std::fprintf(stderr, __VA_ARGS__);                                                              \
      std::fputc('\n', stderr);                                                                       \
      std::abort();                                                                                   \
    }                                                                                                 \
  } while (false)
