#include "libtrack/support/plural.h"

#include "libtrack/support/units.h"

namespace mqtrack::support {

std::string Plural(std::int64_t count, std::string_view singular) {
  return FormatCount(count) + " " + std::string(singular) + (count == 1 || count == -1 ? "" : "s");
}

}  // namespace mqtrack::support
