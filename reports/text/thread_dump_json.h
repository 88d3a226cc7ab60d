// A thread dump for programs.
#pragma once

#include <string>

#include "libtrack/analysis/thread_groups.h"
#include "reports/text/thread_dump_options.h"

namespace mqtrack::reports {

/// Schema "mqtrack-threads/1", documented in docs/json.md.
[[nodiscard]] std::string RenderThreadsJson(const analysis::ThreadGroups& groups, const ThreadDumpOptions& options);

}  // namespace mqtrack::reports
