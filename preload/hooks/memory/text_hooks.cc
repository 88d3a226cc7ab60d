// strdup and strndup of allocators that bring their own, such as mimalloc from 2.1 on, and reach no malloc that could
// be seen. The C library's call malloc, whose hook records the copy.
#include <cstdlib>
#include <cstring>

#include "preload/hooks/hook_scope.h"
#include "preload/hooks/real_functions.h"

using mqtrack::hooks::HookScope;
using mqtrack::hooks::real;

#pragma GCC visibility push(default)

namespace {

/// A copy before the real functions are known.
char* CopyEarly(const char* text, std::size_t length) {
  auto* copy = static_cast<char*>(malloc(length + 1));
  if (copy == nullptr) return nullptr;
  std::memcpy(copy, text, length);
  copy[length] = '\0';
  return copy;
}

[[gnu::noinline]] char* CopyRecorded(const char* text) {
  HookScope hook(MQTRACK_HOOK_FRAME);
  char* copy = real.strdup(text);
  if (copy != nullptr) hook.Record(copy, std::strlen(copy) + 1);
  return copy;
}

[[gnu::noinline]] char* CopyRecorded(const char* text, std::size_t most) {
  HookScope hook(MQTRACK_HOOK_FRAME);
  char* copy = real.strndup(text, most);
  if (copy != nullptr) hook.Record(copy, std::strlen(copy) + 1);
  return copy;
}

}  // namespace

extern "C" {

char* strdup(const char* text) {
  if (real.strdup == nullptr) return CopyEarly(text, std::strlen(text));
  return real.has_own_copies ? CopyRecorded(text) : real.strdup(text);
}

char* strndup(const char* text, std::size_t most) {
  if (real.strndup == nullptr) return CopyEarly(text, strnlen(text, most));
  return real.has_own_copies ? CopyRecorded(text, most) : real.strndup(text, most);
}

}  // extern "C"
#pragma GCC visibility pop
