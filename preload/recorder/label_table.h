// Distinct label sets, each stored once in the log's arena and known by its LabelsId.
#pragma once

#include <cstdint>

#include "libtrack/log/layout.h"
#include "preload/recorder/arena.h"

namespace mqtrack::recorder {

/// Thread-safe, lock-free, async-signal-safe. When its index is full, further sets are LabelsId::kNone.
class LabelTable {
 public:
  void Create(LogFile& log, Arena& arena) { log_ = &log, arena_ = &arena; }
  /// The set that holds one label, `key` = `value` (at most 255 bytes are kept).
  [[nodiscard]] log::LabelsId Intern(log::LabelKey key, const char* value);

 private:
  static constexpr std::uint32_t kEntries = 1024;
  LogFile* log_ = nullptr;
  Arena* arena_ = nullptr;
  std::uint32_t ids_[kEntries] = {};
};

}  // namespace mqtrack::recorder
