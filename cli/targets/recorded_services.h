// The services that a verb reports on, again and again: those that were named, or all that are recorded.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "libtrack/process/discovery.h"
#include "libtrack/support/result.h"

namespace mqtrack::cli {

/// One of them, and what it is called here; the name stays the same for as long as it lives.
struct NamedService {
  std::string name;
  std::string target;  // what LoadTarget takes
};

/// An error if one of `targets` is neither a file or URL nor a recorded process: what is said of it.
[[nodiscard]] support::Status CheckServices(const std::vector<std::string>& targets, const std::string& log_dir);

/// Every recorded process that may be recording now, by its log.
[[nodiscard]] support::Result<std::vector<NamedService>> AllRecordedServices(const std::string& log_dir);

}  // namespace mqtrack::cli
