// A thread dump for people and for programs.
#pragma once

#include <string>

#include "libtrack/analysis/thread_groups.h"

namespace mqtrack::reports {

struct ThreadDumpOptions {
  std::string name;  // of the input, as the user wrote it
  bool colour = false;
  int width_columns = 0;  // of the terminal; 0: no limit
};

[[nodiscard]] std::string RenderThreadsText(const analysis::ThreadGroups& groups, const ThreadDumpOptions& options);
/// Schema "mqtrack-threads/1", documented in docs/json.md.
[[nodiscard]] std::string RenderThreadsJson(const analysis::ThreadGroups& groups, const ThreadDumpOptions& options);

}  // namespace mqtrack::reports
