// Threads that ended and were never joined, in words. A count of live threads misses them.
#pragma once

#include <string>

#include "libtrack/analysis/sites.h"

namespace mqtrack::reports {

/// "200 ended and were never joined; their stacks hold 1.6 GiB of address space, 8 MiB each", or empty. Of a
/// comparison: how many more.
[[nodiscard]] std::string UnjoinedWords(const analysis::Unjoined& unjoined, bool is_diff);

}  // namespace mqtrack::reports
