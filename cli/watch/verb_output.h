// Another verb of this very program, run as a process of its own: what it does to a service cannot harm the watch.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace mqtrack::cli {

/// What it prints to standard output and standard error, at most 1 MiB; that it could not be started is told likewise.
/// It is ended when `is_stopping` says so.
[[nodiscard]] std::string VerbOutput(const std::vector<std::string>& words, const std::function<bool()>& is_stopping);

}  // namespace mqtrack::cli
