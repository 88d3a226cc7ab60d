// The leaky twin: the pointer to the old value is overwritten, and nobody can free that block any more. One block of
// exactly `bytes` bytes per message.
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
  last_value = copy;  // the leak: what last_value pointed to until now is lost
}

void ForgetLastValue() {
  std::free(last_value);
  last_value = nullptr;
}

}  // namespace sample
