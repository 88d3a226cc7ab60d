// Names of the variables of a process's modules, from their files.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>

#include "libtrack/log/reader.h"
#include "libtrack/snapshot/take_snapshot.h"
#include "libtrack/symbolize/variable_table.h"

namespace mqtrack::snapshot {

/// Reads a module's file when it is first asked about it. Not thread-safe.
class VariableNames {
 public:
  /// `running_pid` as of AddSymbols.
  VariableNames(const log::LogContent& content, const Options& options, pid_t running_pid);
  ~VariableNames();
  VariableNames(const VariableNames&) = delete;
  VariableNames& operator=(const VariableNames&) = delete;

  /// The variable at an address of module number `module` of the log, by the process's addresses.
  [[nodiscard]] symbolize::VariableSymbol Find(std::uint32_t module, std::uint64_t address);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace mqtrack::snapshot
