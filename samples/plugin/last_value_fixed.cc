// The fixed twin: the same work, the same allocation, and the old value is freed before it is forgotten.
#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "samples/plugin/last_value.h"

namespace sample {
namespace {

char* last_value = nullptr;

}  // namespace

void RememberLastValue(std::string_view payload, std::size_t bytes) {
  char* const copy = static_cast<char*>(std::malloc(bytes));
  if (copy == nullptr) return;
  std::memset(copy, 0, bytes);
  std::memcpy(copy, payload.data(), std::min(payload.size(), bytes));
  std::free(last_value);
  last_value = copy;
}

void ForgetLastValue() {
  std::free(last_value);
  last_value = nullptr;
}

}  // namespace sample
