#include "cli/targets/recorded_services.h"

#include <algorithm>

#include "libtrack/figures/read_figures.h"
#include "libtrack/snapshot/load_target.h"

namespace mqtrack::cli {

support::Status CheckServices(const std::vector<std::string>& targets, const std::string& log_dir) {
  for (const std::string& target : targets) {
    if (snapshot::IsFileOrUrl(target)) continue;
    const support::Result<process::RecordedProcess> found = process::FindRecorded(target, log_dir);
    if (!found) return found.error();
  }
  return {};
}

support::Result<std::vector<NamedService>> AllRecordedServices(const std::string& log_dir) {
  support::Result<std::vector<process::RecordedProcess>> recorded = process::ListRecorded(log_dir);
  if (!recorded) return recorded.error();
  std::erase_if(*recorded, [](const process::RecordedProcess& process) {
    return !process.error.empty() || !process::MayBeRecording(process);
  });
  const std::vector<std::string> names = figures::NameProcesses(*recorded);
  std::vector<NamedService> services;
  for (std::size_t i = 0; i < recorded->size(); ++i) services.push_back({names[i], (*recorded)[i].log_path});
  return services;
}

}  // namespace mqtrack::cli
