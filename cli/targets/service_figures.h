// Figures of the services that were named, or of all that are recorded, each as one message.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "cli/messages.h"
#include "libtrack/figures/read_figures.h"
#include "libtrack/support/result.h"

namespace mqtrack::cli {

/// Not thread-safe.
class ServiceFigures {
 public:
  ServiceFigures(std::vector<std::string> targets, figures::ReadOptions options)
      : targets_(std::move(targets)), options_(std::move(options)) {}

  [[nodiscard]] support::Status Check() const;
  /// Name and message ("mqtrack-metrics/1" of one service) of each, as it is now. What cannot be read any more is
  /// told with mqtrack_up 0, and why once on stderr.
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> Read(const Messages& messages);

 private:
  void Add(const std::string& target, const std::string& name, const Messages& messages,
           std::vector<std::pair<std::string, std::string>>& read);

  std::vector<std::string> targets_;
  figures::ReadOptions options_;
  std::map<std::string, std::string> names_;     // of targets, as they were called last
  std::map<std::string, std::string> problems_;  // that were told of
};

}  // namespace mqtrack::cli
