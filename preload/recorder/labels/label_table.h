// Distinct label sets, each stored once in the log's arena and known by its LabelsId.
#pragma once

#include <cstddef>
#include <cstdint>

#include "libtrack/log/layout.h"
#include "preload/recorder/log/arena.h"

namespace mqtrack::recorder {

/// One label; `value` need not be terminated. At most 255 bytes of it are kept.
struct Label {
  log::LabelKey key{};
  const char* value = nullptr;
  std::size_t bytes = 0;
};

/// Thread-safe, lock-free, async-signal-safe. When its index is full, further sets are LabelsId::kNone.
class LabelTable {
 public:
  /// Places for sets. PacketSets, which makes the most of them, stays below half of it.
  static constexpr std::uint32_t kEntries = 32768;
  void Create(LogFile& log, Arena& arena) { log_ = &log, arena_ = &arena; }
  /// The set `base` (may be kNone) with `count` labels more; a label of `extra` replaces one of the same key, and one
  /// whose value is null takes it away. What does not fit into kMaxSetBytes is left out.
  [[nodiscard]] log::LabelsId Intern(log::LabelsId base, const Label* extra, std::size_t count);

  /// The set is of a packet in which a client has asked for something, or for no more of it.
  void NoteAsked(log::LabelsId id) const;

  /// In a child of fork, alone, on its copy of the log: forgets sets that are not in the copy.
  void RepairAfterFork();
  /// True if `id` is kNone or a set of this log.
  [[nodiscard]] bool Has(log::LabelsId id) const;

 private:
  static constexpr std::size_t kMaxSetBytes = 1024;
  LogFile* log_ = nullptr;
  Arena* arena_ = nullptr;
  std::uint32_t ids_[kEntries] = {};
};

}  // namespace mqtrack::recorder
