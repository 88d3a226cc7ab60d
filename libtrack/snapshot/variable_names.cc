#include "libtrack/snapshot/variable_names.h"

#include <optional>
#include <vector>

#include "libtrack/snapshot/log_module_files.h"
#include "libtrack/symbolize/variable_table.h"

namespace mqtrack::snapshot {

struct VariableNames::State {
  LogModuleFiles files;
  std::vector<std::optional<symbolize::VariableTable>> tables;  // by module
};

VariableNames::VariableNames(const log::LogContent& content, const Options& options, pid_t running_pid)
    : state_(new State{LogModuleFiles(content, options, running_pid), {}}) {
  state_->tables.resize(content.modules.size());
}

VariableNames::~VariableNames() = default;

symbolize::VariableSymbol VariableNames::Find(std::uint32_t module, std::uint64_t address) {
  if (module >= state_->tables.size()) return {};
  std::optional<symbolize::VariableTable>& table = state_->tables[module];
  if (!table) {
    const symbolize::ModuleFiles files = state_->files.Open(module);
    table.emplace(files.code ? &*files.code : nullptr, files.debug ? &*files.debug : nullptr);
  }
  symbolize::VariableSymbol found = table->Find(address - state_->files.BiasOf(module));
  found.start += state_->files.BiasOf(module);
  return found;
}

}  // namespace mqtrack::snapshot
