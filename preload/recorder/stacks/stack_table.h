// Distinct creation stacks: each is stored once, as an arena record, and known by its StackId.
//
// Whole stacks rather than a trie of frames: one look-up and one comparison per event instead of one per frame, at the
// price of about 100 bytes per distinct stack, of which a service has thousands, not millions.
#pragma once

#include <cstdint>

#include "libtrack/log/layout.h"
#include "preload/recorder/log/arena.h"
#include "preload/recorder/log/log_file.h"
#include "preload/recorder/stacks/module_table.h"

namespace mqtrack::recorder {

/// Thread-safe, lock-free, async-signal-safe.
class StackTable {
 public:
  static constexpr std::uint32_t kMaxLevels = 24;

  /// `modules` learns of the objects that new stacks run through. All must outlive this.
  [[nodiscard]] bool Create(LogFile& log, Arena& arena, ModuleTable& modules);
  /// In a child of fork, alone, on its copy of the log: takes over the index that is in it.
  void RepairAfterFork();

  /// The record of this stack, made if it is new; null if there is no memory for it. `flags` are StackFlags.
  [[nodiscard]] log::StackRecord* Intern(const std::uint64_t* addresses, std::uint32_t depth, std::uint32_t flags);
  /// The stack that stands for a meaning rather than for code.
  [[nodiscard]] log::StackRecord* InternSynthetic(log::SyntheticStack meaning);

  [[nodiscard]] log::StackId IdOf(const log::StackRecord* record) const {
    return static_cast<log::StackId>((reinterpret_cast<const std::byte*>(record) - log_->base()) /
                                     static_cast<std::ptrdiff_t>(log::kArenaAlign));
  }
  /// Null for StackId::kNone.
  [[nodiscard]] log::StackRecord* RecordOf(log::StackId id) const {
    return id == log::StackId::kNone ? nullptr
                                     : log_->At<log::StackRecord>(static_cast<std::uint64_t>(id) * log::kArenaAlign);
  }

 private:
  struct Level {
    log::StackIndexEntry* entries;
    std::uint64_t count;
  };
  [[nodiscard]] log::StackRecord* Find(std::uint64_t hash, const std::uint64_t* addresses, std::uint32_t depth,
                                       std::uint32_t flags) const;
  [[nodiscard]] log::StackRecord* Store(std::uint64_t hash, const std::uint64_t* addresses, std::uint32_t depth,
                                        std::uint32_t flags);
  [[nodiscard]] log::StackRecord* Enter(std::uint64_t hash, log::StackRecord* record);
  [[nodiscard]] bool AddLevel(std::uint64_t entries);

  LogFile* log_ = nullptr;
  Arena* arena_ = nullptr;
  ModuleTable* modules_ = nullptr;
  Level levels_[kMaxLevels] = {};
  std::uint64_t level_count_ = 0;
  std::uint32_t growing_ = 0;
};

}  // namespace mqtrack::recorder
