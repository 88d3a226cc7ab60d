#include "libtrack/support/backoff.h"

#include <algorithm>
#include <random>

namespace mqtrack::support {

std::chrono::milliseconds Backoff::Next() {
  last_ = std::clamp(last_ * 2, first_, longest_);
  std::random_device random;
  return last_ * (50 + random() % 51) / 100;
}

}  // namespace mqtrack::support
