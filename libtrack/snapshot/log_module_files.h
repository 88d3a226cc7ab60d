// The files of a log's modules, for names that are not of functions. Private to the module.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <vector>

#include "libtrack/log/reader.h"
#include "libtrack/profile/profile.h"
#include "libtrack/snapshot/take_snapshot.h"
#include "libtrack/symbolize/module_files.h"

namespace mqtrack::snapshot {

class LogModuleFiles {
 public:
  /// `running_pid` as of AddSymbols.
  LogModuleFiles(const log::LogContent& content, const Options& options, pid_t running_pid);

  [[nodiscard]] std::size_t modules() const { return modules_.size(); }
  /// What to subtract from an address of the process.
  [[nodiscard]] std::uint64_t BiasOf(std::uint32_t module) const { return modules_[module].bias; }
  /// None where names are not wanted.
  [[nodiscard]] symbolize::ModuleFiles Open(std::uint32_t module) const;

 private:
  std::vector<log::LogModule> modules_;
  profile::Profile profile_;  // its mappings only
  symbolize::Options symbols_;
  bool symbolize_;
};

}  // namespace mqtrack::snapshot
