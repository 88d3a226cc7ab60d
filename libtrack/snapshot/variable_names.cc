#include "libtrack/snapshot/variable_names.h"

#include <optional>
#include <utility>
#include <vector>

#include "libtrack/profile/profile.h"
#include "libtrack/snapshot/loaded_files.h"
#include "libtrack/symbolize/module_files.h"
#include "libtrack/symbolize/variable_table.h"

namespace mqtrack::snapshot {

struct VariableNames::State {
  std::vector<log::LogModule> modules;
  profile::Profile profile;  // its mappings only
  symbolize::Options symbols;
  bool symbolize = true;
  std::vector<std::optional<symbolize::VariableTable>> tables;  // by module
};

VariableNames::VariableNames(const log::LogContent& content, const Options& options, pid_t running_pid)
    : state_(std::make_unique<State>()) {
  state_->modules = content.modules;
  state_->symbols = options.symbols;
  state_->symbolize = options.symbolize;
  state_->tables.resize(content.modules.size());
  for (const log::LogModule& module : content.modules) {
    profile::Mapping& mapping = state_->profile.mappings.emplace_back();
    mapping.start = module.start;
    mapping.limit = module.end;
    mapping.file = module.path;
    mapping.build_id = module.build_id;
  }
  AddLoadedFiles(state_->profile, content.modules, running_pid,
                 options.symbols.sysroot.empty() ? content.facts.started_unix_ns : 0, state_->symbols);
}

VariableNames::~VariableNames() = default;

std::string VariableNames::Find(std::uint32_t module, std::uint64_t address) {
  if (!state_->symbolize || module >= state_->modules.size()) return {};
  std::optional<symbolize::VariableTable>& table = state_->tables[module];
  if (!table) {
    const profile::Mapping& mapping = state_->profile.mappings[module];
    const symbolize::LoadedFile* loaded = nullptr;
    for (const symbolize::LoadedFile& one : state_->symbols.loaded) {
      if (one.file == mapping.file && one.start == mapping.start) loaded = &one;
    }
    const symbolize::ModuleFiles files = symbolize::FindModuleFiles(mapping, state_->symbols, loaded);
    table.emplace(files.code ? &*files.code : nullptr, files.debug ? &*files.debug : nullptr);
  }
  return table->Find(address - state_->modules[module].bias);
}

}  // namespace mqtrack::snapshot
