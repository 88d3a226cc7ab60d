#include "libtrack/heapgraph/capture/core_mappings.h"

#include <elf.h>

#include <algorithm>

#include "libtrack/support/base_name.h"

namespace mqtrack::heapgraph {
namespace {

using corefile::CoreFile;
using corefile::MappedPart;
using corefile::Segment;
using procfs::MemoryMapping;

// The program's break begins at most so far behind the program (arch_randomize_brk of Linux).
constexpr std::uint64_t kFarthestHeap = std::uint64_t{1} << 30;
// Debuggers leave out what could not be read, such as the guard below a stack: so much of a gap may be one.
constexpr std::uint64_t kGuardBytes = 1 << 16;

class Finder {
 public:
  Finder(const CoreFile& core, const std::optional<CoreLog>& log, const std::vector<log::LiveEntry>& blocks)
      : core_(core), log_(log), blocks_(blocks) {}

  CoreMappings Find(std::uint64_t program_end) && {
    const bool has_guards = std::any_of(core_.segments().begin(), core_.segments().end(), [](const Segment& segment) {
      return !segment.readable && !segment.writable && !segment.executable;
    });
    for (const Segment& segment : core_.segments()) {
      if (IsOfLog(segment.start)) continue;
      if (!has_guards) AddGuard(segment);
      Add(segment);
    }
    NameHeap(program_end);
    return std::move(found_);
  }

 private:
  [[nodiscard]] bool IsOfLog(std::uint64_t address) const {
    return log_ && address >= log_->start && address < log_->end;
  }

  [[nodiscard]] const MappedPart* PartAt(std::uint64_t address) const {
    const std::vector<MappedPart>& parts = core_.notes().files;
    const auto behind = std::upper_bound(parts.begin(), parts.end(), address,
                                         [](std::uint64_t at, const MappedPart& part) { return at < part.end; });
    return behind != parts.end() && behind->start <= address ? &*behind : nullptr;
  }

  void AddGuard(const Segment& segment) {
    const std::uint64_t before = found_.mappings.empty() ? 0 : found_.mappings.back().end;
    if (!segment.writable || segment.start <= before) return;
    MemoryMapping& guard = found_.mappings.emplace_back();
    guard.start = std::max(before, segment.start - std::min(segment.start, kGuardBytes));
    guard.end = segment.start;
  }

  void Add(const Segment& segment) {
    MemoryMapping mapping;
    mapping.start = segment.start;
    mapping.end = segment.end;
    mapping.writable = segment.writable;
    mapping.executable = segment.executable;
    // A debugger says of what nobody may read that it may be read.
    mapping.readable = segment.readable;
    if (const MappedPart* part = PartAt(segment.start)) {
      mapping.path = part->path;
      mapping.offset = part->offset + (segment.start - part->start);
      mapping.inode = kCoreLogInode + 1 + static_cast<std::uint64_t>(part - core_.notes().files.data());
    } else {
      mapping.path = NameOfAnonymous(segment);
      if (!segment.writable && !segment.executable) mapping.readable = false;
    }
    Show(segment, mapping);
    found_.mappings.push_back(std::move(mapping));
  }

  [[nodiscard]] std::string NameOfAnonymous(const Segment& segment) const {
    const auto holds = [&](std::uint64_t type) {
      const std::uint64_t address = corefile::AuxiliaryValue(core_.notes(), type);
      return address >= segment.start && address < segment.end;
    };
    if (holds(AT_SYSINFO_EHDR)) return "[vdso]";
    if (holds(AT_RANDOM)) return "[stack]";
    return {};
  }

  /// What of a segment the process has written, as far as can be told: of a file's code, and of a file of which only
  /// the headers are there, nothing.
  void Show(const Segment& segment, MemoryMapping& mapping) {
    const bool is_file = mapping.inode != 0, is_whole = segment.file_bytes == segment.bytes();
    if (segment.writable && !is_whole) found_.missing.push_back({segment.end_in_file(), segment.end});
    if (segment.file_bytes == 0 || (is_file && (!is_whole || segment.executable))) return;
    mapping.own_bytes = mapping.resident_bytes = segment.file_bytes;
    for (const auto& [start, end] : core_.Written(segment, segment.start, segment.end_in_file()))
      found_.shown.push_back({start, end});
  }

  /// The first mapping behind the program that has blocks, unless a file's is between.
  void NameHeap(std::uint64_t program_end) {
    if (program_end == 0) return;
    for (MemoryMapping& mapping : found_.mappings) {
      if (mapping.start < program_end) continue;
      if (mapping.inode != 0 || mapping.start - program_end > kFarthestHeap) return;
      const auto first =
          std::lower_bound(blocks_.begin(), blocks_.end(), mapping.start,
                           [](const log::LiveEntry& block, std::uint64_t at) { return block.handle < at; });
      if (!mapping.writable || first == blocks_.end() || first->handle >= mapping.end) continue;
      mapping.path = "[heap]";
      return;
    }
  }

  const CoreFile& core_;
  const std::optional<CoreLog>& log_;
  const std::vector<log::LiveEntry>& blocks_;
  CoreMappings found_;
};

}  // namespace

CoreMappings FindCoreMappings(const CoreFile& core, const std::optional<CoreLog>& log,
                              const std::vector<log::LogModule>& modules, const std::vector<log::LiveEntry>& blocks) {
  const auto program = std::find_if(modules.begin(), modules.end(), [](const auto& module) { return module.is_main; });
  return Finder(core, log, blocks).Find(program == modules.end() ? 0 : program->end);
}

}  // namespace mqtrack::heapgraph
