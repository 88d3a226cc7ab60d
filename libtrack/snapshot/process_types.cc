#include "libtrack/snapshot/process_types.h"

#include <optional>
#include <vector>

#include "libtrack/snapshot/log_module_files.h"

namespace mqtrack::snapshot {

struct ProcessTypes::State {
  LogModuleFiles files;
  std::vector<std::optional<symbolize::ModuleTypes>> modules;
};

ProcessTypes::ProcessTypes(const log::LogContent& content, const Options& options, pid_t running_pid)
    : state_(new State{LogModuleFiles(content, options, running_pid), {}}) {
  state_->modules.resize(content.modules.size());
}

ProcessTypes::~ProcessTypes() = default;

symbolize::ModuleTypes* ProcessTypes::Of(std::uint32_t module) {
  if (module >= state_->modules.size()) return nullptr;
  std::optional<symbolize::ModuleTypes>& types = state_->modules[module];
  if (!types) types.emplace(state_->files.Open(module));
  return types->ok() ? &*types : nullptr;
}

std::uint64_t ProcessTypes::BiasOf(std::uint32_t module) const { return state_->files.BiasOf(module); }

}  // namespace mqtrack::snapshot
