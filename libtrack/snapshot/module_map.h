// Which module an address of a stack lies in. Private to the snapshot builder.
#pragma once

#include <cstdint>
#include <vector>

#include "libtrack/log/reader.h"

namespace mqtrack::snapshot {

/// Looks addresses up in a log's modules. Libraries come and go: where two modules cover an address, a stack's address
/// belongs to the latest one that was registered before the stack was first seen. Borrows the modules.
class ModuleMap {
 public:
  static constexpr std::uint32_t kNone = 0xffffffff;

  explicit ModuleMap(const std::vector<log::LogModule>& modules);
  /// Index of the module for an address of a stack that was first seen when `registered` modules were known, or kNone.
  [[nodiscard]] std::uint32_t Find(std::uint64_t address, std::uint32_t registered) const;

 private:
  const std::vector<log::LogModule>& modules_;
  std::vector<std::uint32_t> by_start_;
  bool overlap_ = false;
};

}  // namespace mqtrack::snapshot
