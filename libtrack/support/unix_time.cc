#include "libtrack/support/unix_time.h"

#include <chrono>

namespace mqtrack::support {

std::int64_t UnixNanosNow() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::nanoseconds>(now).count();
}

}  // namespace mqtrack::support
