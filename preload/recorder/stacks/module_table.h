// Which files are mapped where, so that a reader can name addresses after the process is gone.
#pragma once

#include <cstdint>

#include "libtrack/log/layout.h"
#include "preload/recorder/log/log_file.h"

namespace mqtrack::recorder {

/// Append-only. Thread-safe, async-signal-safe: an object is entered when the first stack runs through it, by asking
/// the loader's lock-free lookup, so nothing has to watch dlopen.
class ModuleTable {
 public:
  /// Enters the executable.
  [[nodiscard]] bool Create(LogFile& log);
  /// Makes sure that the object containing `pc` is entered. Called for each address of a new stack.
  void Note(std::uint64_t pc);
  /// From now on no file is opened to find a library's path.
  void AskLoaderOnly() { loader_only_ = true; }
  [[nodiscard]] std::uint32_t count() const;
  /// In a child of fork, alone.
  void RepairAfterFork();

 private:
  struct Known {
    std::uint64_t start, end;
    std::uint64_t era;  // rule_era (rule_cache.h) when it was last seen to be right
    bool has_gaps;      // in which other objects may lie
  };
  void Append(std::uint64_t pc);
  /// Index of the newest entry with this range if it is the same file; else `count`.
  [[nodiscard]] std::uint32_t FindSame(const log::Module& fresh, std::uint32_t count) const;

  LogFile* log_ = nullptr;
  log::Module* modules_ = nullptr;
  static constexpr std::uint32_t kCapacity = 512;  // objects a service may load in its life; each is 576 bytes
  Known known_[kCapacity] = {};
  std::uint32_t appending_ = 0;
  bool loader_only_ = false;
};

}  // namespace mqtrack::recorder
