// The memory of a process that does not change while it runs: its code and its unwind tables. So these can be read
// while it runs, and the threads need not stand still for it.
#pragma once

#include <sys/types.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "libtrack/procfs/memory_maps.h"
#include "libtrack/support/file.h"

namespace mqtrack::threads {

/// A program or library as it is mapped.
struct LoadedModule {
  std::uint64_t start = 0, end = 0;
  std::string path;                  // as in /proc/PID/maps
  std::string build_id;              // lower-case hex; may be empty
  std::uint64_t unwind_index = 0;    // address of its .eh_frame_hdr, or 0
  std::uint64_t unwind_table = 0;    // of the sorted table in it
  std::uint64_t unwind_entries = 0;  // and how many entries that has
};

/// Reads through a cache of pages: from the mapped files as long as they are the ones that were mapped, else out of the
/// process. So a process that has ended meanwhile can still be unwound through. Not thread-safe.
class ModuleMemory {
 public:
  /// Finds the modules of the mappings.
  ModuleMemory(pid_t pid, std::vector<procfs::MemoryMapping> maps);
  ModuleMemory(const ModuleMemory&) = delete;
  ModuleMemory& operator=(const ModuleMemory&) = delete;

  /// Copies from memory that is mapped read-only, and from the data of modules as it happens to be. False for any other
  /// memory, and if it cannot be read.
  [[nodiscard]] bool Read(std::uint64_t address, void* into, std::size_t size);
  [[nodiscard]] const LoadedModule* ModuleAt(std::uint64_t address) const;
  [[nodiscard]] bool IsCode(std::uint64_t address) const;
  [[nodiscard]] const std::vector<LoadedModule>& modules() const { return modules_; }

 private:
  static constexpr std::uint64_t kPageBytes = 4096;
  struct Page {
    std::array<std::byte, kPageBytes> bytes{};
    bool readable = false;
  };

  void FindModules();
  [[nodiscard]] bool ReadHeaders(LoadedModule& module);
  void ReadUnwindIndex(LoadedModule& module);
  void ReadBuildId(LoadedModule& module, std::uint64_t address, std::uint64_t size);
  [[nodiscard]] const Page& PageAt(std::uint64_t start);
  [[nodiscard]] int FileOf(const procfs::MemoryMapping& mapping);

  pid_t pid_;
  std::vector<procfs::MemoryMapping> maps_;
  std::vector<LoadedModule> modules_;
  std::unordered_map<std::uint64_t, Page> pages_;
  std::map<std::pair<std::uint64_t, std::string>, support::FileHandle> files_;  // by inode and path
};

}  // namespace mqtrack::threads
