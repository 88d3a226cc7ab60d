// The types of what a process has in memory, from its files.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>

#include "libtrack/log/reader.h"
#include "libtrack/snapshot/take_snapshot.h"
#include "libtrack/symbolize/module_types.h"

namespace mqtrack::snapshot {

/// Reads a module's file when it is first asked about it. Not thread-safe.
class ProcessTypes {
 public:
  /// `running_pid` as of AddSymbols.
  ProcessTypes(const log::LogContent& content, const Options& options, pid_t running_pid);
  ~ProcessTypes();
  ProcessTypes(const ProcessTypes&) = delete;
  ProcessTypes& operator=(const ProcessTypes&) = delete;

  /// Those of module number `module` of the log; null if it has no debug information. Lives as long as this object.
  [[nodiscard]] symbolize::ModuleTypes* Of(std::uint32_t module);
  /// What to subtract from an address of the process.
  [[nodiscard]] std::uint64_t BiasOf(std::uint32_t module) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace mqtrack::snapshot
