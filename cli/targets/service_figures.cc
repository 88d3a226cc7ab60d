#include "cli/targets/service_figures.h"

#include <algorithm>
#include <chrono>

#include "cli/targets/recorded_services.h"
#include "libtrack/figures/figures_json.h"
#include "libtrack/support/unix_time.h"

namespace mqtrack::cli {
namespace {

/// Of a process by its log, where what the kernel says of it is told as well.
support::Result<figures::TargetFigures> ReadRecorded(const std::string& log, const std::string& name,
                                                     const figures::ReadOptions& options) {
  const support::Result<process::RecordedProcess> process = process::OpenLog(log);
  if (!process) return process.error();
  return figures::TargetFigures{name, figures::ReadProcessFigures(*process, options)};
}

}  // namespace

support::Status ServiceFigures::Check() const { return CheckServices(targets_, options_.loading.log_dir); }

void ServiceFigures::Add(const std::string& target, const std::string& name, const Messages& messages,
                         std::vector<std::pair<std::string, std::string>>& read) {
  support::Result<figures::TargetFigures> found =
      name.empty() ? figures::ReadFigures(target, options_) : ReadRecorded(target, name, options_);
  figures::TargetFigures told;
  if (found) {
    told = *std::move(found);
    problems_.erase(target);
  } else {
    const std::string problem = found.error().ToString();
    if (std::exchange(problems_[target], problem) != problem) messages.Warn(problem);
    told.process = names_.count(target) != 0 ? names_[target] : target;
    told.figures.Add("mqtrack_up", 0);
  }
  if (!name.empty()) told.process = name;
  // Two of one name: the later one by what the user called it.
  const bool is_taken =
      std::any_of(read.begin(), read.end(), [&](const auto& other) { return other.first == told.process; });
  if (is_taken) told.process += " " + target;
  names_[target] = told.process;
  read.emplace_back(told.process, figures::RenderFiguresMessage(told, support::UnixNanosNow()));
}

std::vector<std::pair<std::string, std::string>> ServiceFigures::Read(const Messages& messages) {
  std::vector<std::pair<std::string, std::string>> read;
  if (!targets_.empty()) {
    for (const std::string& target : targets_) Add(target, "", messages, read);
    return read;
  }
  const support::Result<std::vector<NamedService>> services = AllRecordedServices(options_.loading.log_dir);
  if (!services) {
    messages.Warn(services.error().ToString());
    return read;
  }
  for (const NamedService& service : *services) Add(service.target, service.name, messages, read);
  return read;
}

}  // namespace mqtrack::cli
