#include "libtrack/support/write_failure.h"

#include <sys/resource.h>

#include <cerrno>
#include <cstdint>
#include <cstring>

#include "libtrack/support/units.h"

namespace mqtrack::support {

std::string WhyNotWritten(int error) {
  rlimit limit{};
  if (error != EFBIG || ::getrlimit(RLIMIT_FSIZE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
    return std::strerror(error);
  return "the limit on file sizes (ulimit -f) is " + FormatBytes(static_cast<std::int64_t>(limit.rlim_cur)) +
         "; raise it, as with ulimit -f unlimited";
}

}  // namespace mqtrack::support
