#include "libtrack/snapshot/log_module_files.h"

#include "libtrack/snapshot/loaded_files.h"

namespace mqtrack::snapshot {

LogModuleFiles::LogModuleFiles(const log::LogContent& content, const Options& options, pid_t running_pid)
    : modules_(content.modules), symbols_(options.symbols), symbolize_(options.symbolize) {
  for (const log::LogModule& module : modules_) {
    profile::Mapping& mapping = profile_.mappings.emplace_back();
    mapping.start = module.start;
    mapping.limit = module.end;
    mapping.file = module.path;
    mapping.build_id = module.build_id;
  }
  AddLoadedFiles(profile_, modules_, running_pid, symbols_.sysroot.empty() ? content.facts.started_unix_ns : 0,
                 symbols_);
}

symbolize::ModuleFiles LogModuleFiles::Open(std::uint32_t module) const {
  if (!symbolize_) return {};
  const profile::Mapping& mapping = profile_.mappings[module];
  const symbolize::LoadedFile* loaded = nullptr;
  for (const symbolize::LoadedFile& one : symbols_.loaded) {
    if (one.file == mapping.file && one.start == mapping.start) loaded = &one;
  }
  return symbolize::FindModuleFiles(mapping, symbols_, loaded);
}

}  // namespace mqtrack::snapshot
