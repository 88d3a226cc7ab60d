// A thread dump for people.
#pragma once

#include <string>

#include "libtrack/analysis/thread_groups.h"
#include "reports/text/thread_dump_options.h"

namespace mqtrack::reports {

[[nodiscard]] std::string RenderThreadsText(const analysis::ThreadGroups& groups, const ThreadDumpOptions& options);

}  // namespace mqtrack::reports
