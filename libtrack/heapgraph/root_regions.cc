#include "libtrack/heapgraph/root_regions.h"

#include <elf.h>
#include <unistd.h>

#include <algorithm>

#include "libtrack/support/base_name.h"
#include "libtrack/threads/thread_area.h"

namespace mqtrack::heapgraph {
namespace {

using procfs::MemoryMapping;

constexpr std::uint64_t kWord = sizeof(std::uint64_t);
constexpr std::string_view kRecorder = "libmqtrack_preload.so";
// Of thread-local storage that the C library sets aside for libraries that come later.
constexpr std::uint64_t kSurplusBytes = 1664;
constexpr std::uint64_t kMostModuleBytes = std::uint64_t{1} << 32;
// The description of a thread lies within so many bytes of its stack's end, unless it has many variables.
constexpr std::uint64_t kLookForAreaBytes = 128 * 1024;

class Finder {
 public:
  Finder(const HeapCapture& capture, const MemorySource& memory) : capture_(capture), memory_(memory) {
    for (const log::LogModule& module : capture.content.modules) ReadProgramHeaders(module);
    for (const log::LiveEntry& entry : capture.content.live) {
      if (entry.kind == log::Kind::kMapping) own_mappings_.push_back({entry.handle, entry.handle + entry.bytes});
    }
    own_mappings_ = SortedOwn(std::move(own_mappings_));
  }

  std::vector<RootRegion> Find() {
    const std::vector<MemoryMapping>& mappings = capture_.mappings;
    for (std::size_t i = 0; i < mappings.size(); ++i) {
      if (!CanHold(mappings[i], capture_.log_inode)) continue;
      const bool is_guarded = i != 0 && mappings[i - 1].end == mappings[i].start && !mappings[i - 1].readable;
      Add(mappings[i], is_guarded ? AddressRange{mappings[i - 1].start, mappings[i - 1].end} : AddressRange{});
    }
    return std::move(regions_);
  }

 private:
  static std::vector<AddressRange> SortedOwn(std::vector<AddressRange> ranges) {
    std::sort(ranges.begin(), ranges.end(),
              [](const AddressRange& a, const AddressRange& b) { return a.start < b.start; });
    return ranges;
  }

  /// What a module asks for in each thread, and where its zeroed variables end, by its program headers in memory.
  void ReadProgramHeaders(const log::LogModule& module) {
    std::uint64_t& end = module_ends_.emplace_back(module.end);
    Elf64_Ehdr header{};
    if (memory_.Read(module.start, &header, sizeof header) != sizeof header) return;
    for (unsigned i = 0; i < header.e_phnum; ++i) {
      Elf64_Phdr part{};
      const std::uint64_t at = module.start + header.e_phoff + std::uint64_t{i} * sizeof part;
      if (memory_.Read(at, &part, sizeof part) != sizeof part) return;
      if (part.p_type == PT_TLS && part.p_memsz < kMostModuleBytes) variable_bytes_ += part.p_memsz + part.p_align;
      if (part.p_type != PT_LOAD || part.p_vaddr > kMostModuleBytes + module.start || part.p_memsz > kMostModuleBytes)
        continue;
      const std::uint64_t part_end = module.bias + part.p_vaddr + part.p_memsz;
      if (part_end > module.start && part_end - module.start < kMostModuleBytes)
        end = std::max(end, (part_end + page_bytes_ - 1) / page_bytes_ * page_bytes_);
    }
  }

  [[nodiscard]] std::uint32_t ModuleAt(std::uint64_t address) const {
    const std::vector<log::LogModule>& modules = capture_.content.modules;
    for (std::size_t i = modules.size(); i-- > 0;) {
      if (address >= modules[i].start && address < module_ends_[i]) return static_cast<std::uint32_t>(i);
    }
    return kNoSubject;
  }
  [[nodiscard]] bool IsRecorder(std::uint32_t module) const {
    return module != kNoSubject &&
           support::BaseName(capture_.content.modules[module].path).find(kRecorder) != std::string_view::npos;
  }

  /// `guard`: what lies directly below and cannot be read, or nothing.
  void Add(const MemoryMapping& mapping, AddressRange guard) {
    if (mapping.path == "[stack]") {
      AddMainStack(mapping);
    } else if (mapping.inode != 0) {
      AddOfFile(mapping);
    } else {
      AddAnonymous(mapping, guard);
    }
  }

  void Push(RootKind kind, AddressRange range, std::uint32_t subject) {
    if (range.start < range.end) regions_.push_back({kind, range, subject});
  }

  void AddMainStack(const MemoryMapping& mapping) {
    for (std::size_t i = 0; i < capture_.threads.size(); ++i) {
      const ThreadAtRest& thread = capture_.threads[i];
      if (thread.tid != capture_.pid || thread.stack_pointer < mapping.start || thread.stack_pointer >= mapping.end)
        continue;
      Push(RootKind::kStack, {thread.stack_pointer - threads::BytesBelowStackPointer(), mapping.end},
           static_cast<std::uint32_t>(i));
      return;
    }
    Push(RootKind::kStack, {mapping.start, mapping.end}, capture_.threads.empty() ? kNoSubject : 0);  // it is elsewhere
  }

  void AddOfFile(const MemoryMapping& mapping) {
    const std::uint32_t module = ModuleAt(mapping.start);
    if (IsRecorder(module) || mapping.path.find(kRecorder) != std::string::npos) return;
    const bool is_data = module == kNoSubject && !IsLoadable(mapping);
    Push(is_data ? KindAt(mapping.start) : RootKind::kGlobal, {mapping.start, mapping.end}, module);
  }
  static bool IsLoadable(const MemoryMapping& mapping) { return mapping.path.find(".so") != std::string::npos; }

  [[nodiscard]] RootKind KindAt(std::uint64_t address) const {
    const auto behind = std::upper_bound(own_mappings_.begin(), own_mappings_.end(), address,
                                         [](std::uint64_t at, const AddressRange& range) { return at < range.start; });
    return behind != own_mappings_.begin() && std::prev(behind)->Contains(address) ? RootKind::kMapping
                                                                                   : RootKind::kUnexplained;
  }

  /// Zeroed variables of a module first, then a stack, then whatever it is.
  void AddAnonymous(const MemoryMapping& mapping, AddressRange guard) {
    AddressRange rest{mapping.start, mapping.end};
    if (const std::uint32_t module = ModuleAt(mapping.start); module != kNoSubject) {
      const std::uint64_t end = std::min(mapping.end, module_ends_[module]);
      if (!IsRecorder(module)) Push(RootKind::kGlobal, {mapping.start, end}, module);
      rest.start = end;
    }
    if (rest.start >= rest.end) return;
    std::vector<std::uint32_t> threads;  // whose descriptions lie in it
    for (std::size_t i = 0; i < capture_.threads.size(); ++i) {
      if (rest.Contains(capture_.threads[i].thread_pointer)) threads.push_back(static_cast<std::uint32_t>(i));
    }
    if (threads.empty() && guard.bytes() != 0) {
      if (const std::uint64_t area = EndedThreadIn(rest); area != 0 && HasStackAbove(guard, area, rest.end)) {
        Push(RootKind::kThreadLocal, {area, rest.end}, kNoSubject);
        return;
      }
    }
    bool is_stack = threads.size() > 1 && guard.bytes() != 0;  // several stacks in a row
    if (threads.size() == 1 && guard.bytes() != 0) {
      const ThreadAtRest& thread = capture_.threads[threads.front()];
      is_stack = HasStackAbove(guard, thread.thread_pointer, rest.end);
      // Elsewhere (a signal's stack, a coroutine's): then all of this one may be in use.
      if (is_stack && rest.Contains(thread.stack_pointer) && thread.stack_pointer < thread.thread_pointer)
        rest.start = thread.stack_pointer - threads::BytesBelowStackPointer();
    }
    AddWithAreas(rest, threads, is_stack);
  }

  /// Whether the C library has made the thread's stack itself, from `guard` on. A stack that the service has set aside
  /// may have anything below it.
  [[nodiscard]] bool HasStackAbove(AddressRange guard, std::uint64_t thread_pointer, std::uint64_t end) const {
    const threads::ThreadAreaBounds area = threads::ThreadAreaAt(thread_pointer, 0);
    std::vector<std::uint64_t> words((std::min(area.end, end) - thread_pointer) / kWord);
    words.resize(memory_.Read(thread_pointer, words.data(), words.size() * kWord) / kWord);
    for (std::size_t i = 0; i + 1 < words.size(); ++i) {  // the stack's start, and its length
      if (guard.Contains(words[i]) && words[i + 1] <= end - words[i] && words[i + 1] > thread_pointer - words[i])
        return true;
    }
    return false;
  }

  /// Cuts the areas of `threads` out of `rest`.
  void AddWithAreas(AddressRange rest, std::vector<std::uint32_t> threads, bool is_stack) {
    std::sort(threads.begin(), threads.end(), [&](std::uint32_t a, std::uint32_t b) {
      return capture_.threads[a].thread_pointer < capture_.threads[b].thread_pointer;
    });
    for (const std::uint32_t i : threads) {
      threads::ThreadAreaBounds area =
          threads::ThreadAreaAt(capture_.threads[i].thread_pointer, variable_bytes_ + kSurplusBytes);
      area.start = std::max(area.start & ~(kWord - 1), rest.start);
      area.end = std::min(area.end, rest.end);
      if (is_stack) {
        Push(RootKind::kStack, {rest.start, area.start}, i);
      } else {
        AddUnclaimed({rest.start, area.start});
      }
      Push(RootKind::kThreadLocal, {area.start, area.end}, i);
      rest.start = area.end;
    }
    AddUnclaimed(rest);
  }

  /// Cut by the mappings that the service has made itself.
  void AddUnclaimed(AddressRange rest) {
    for (const AddressRange& own : own_mappings_) {
      if (own.end <= rest.start || own.start >= rest.end) continue;
      Push(RootKind::kUnexplained, {rest.start, std::min(own.start, rest.end)}, kNoSubject);
      Push(RootKind::kMapping, {std::max(own.start, rest.start), std::min(own.end, rest.end)}, kNoSubject);
      rest.start = std::max(rest.start, std::min(own.end, rest.end));
    }
    Push(RootKind::kUnexplained, rest, kNoSubject);
  }

  /// Of a thread that has ended, and is not joined or whose stack is kept for the next one: the rest of its stack is
  /// dead.
  [[nodiscard]] std::uint64_t EndedThreadIn(AddressRange stack) const {
    const std::uint64_t start = stack.bytes() > kLookForAreaBytes ? stack.end - kLookForAreaBytes : stack.start;
    std::vector<std::uint64_t> words((stack.end - start) / kWord);  // of pages that were never used: zeros
    memory_.Visit({start, stack.end}, [&](std::uint64_t address, std::span<const std::uint64_t> part) {
      std::copy(part.begin(), part.end(), words.begin() + static_cast<std::ptrdiff_t>((address - start) / kWord));
    });
    return threads::FindThreadArea(start, words);
  }

  const HeapCapture& capture_;
  const MemorySource& memory_;
  const std::uint64_t page_bytes_ = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  std::uint64_t variable_bytes_ = 0;        // of all modules, in each thread
  std::vector<std::uint64_t> module_ends_;  // by module
  std::vector<AddressRange> own_mappings_;
  std::vector<RootRegion> regions_;
};

/// `regions` without `taken`, both in order of address.
std::vector<RootRegion> Without(const std::vector<RootRegion>& regions, const std::vector<AddressRange>& taken) {
  std::vector<RootRegion> left;
  for (RootRegion region : regions) {
    for (const AddressRange& range : taken) {
      if (range.end <= region.range.start || range.start >= region.range.end) continue;
      RootRegion before = region;
      before.range.end = std::max(range.start, region.range.start);
      if (before.range.start < before.range.end) left.push_back(before);
      region.range.start = std::min(range.end, region.range.end);
    }
    if (region.range.start < region.range.end) left.push_back(region);
  }
  return left;
}

}  // namespace

std::string_view RootKindName(RootKind kind) {
  switch (kind) {
    case RootKind::kGlobal:
      return "global variable";
    case RootKind::kThreadLocal:
      return "thread-local variable";
    case RootKind::kStack:
      return "stack";
    case RootKind::kRegister:
      return "register";
    case RootKind::kMapping:
      return "mapping";
    case RootKind::kUnexplained:
      return "unexplained mapping";
    case RootKind::kKernel:
      return "kernel (epoll, timers)";
    case RootKind::kUnknownHeap:
      break;
  }
  return "heap from before the recording";
}

bool CanHold(const procfs::MemoryMapping& mapping, std::uint64_t log_inode) {
  if (procfs::IsShownByDevice(mapping) || mapping.is_device || (mapping.inode == log_inode && log_inode != 0))
    return false;
  // Who may write to it now says nothing of private memory: it may have been protected after it was written.
  return mapping.shared ? mapping.writable || procfs::IsMemoryFile(mapping) : mapping.own_bytes != 0;
}

std::vector<RootRegion> FindRootRegions(const HeapCapture& capture, const MemorySource& memory,
                                        const std::vector<AddressRange>& allocator) {
  std::vector<RootRegion> regions = Without(Finder(capture, memory).Find(), allocator);
  if (!capture.has_unknown_heap) return regions;
  for (const AddressRange& range : allocator) {
    const procfs::MemoryMapping* mapping = procfs::FindMapping(capture.mappings, range.start);
    if (mapping == nullptr || mapping->inode == 0) regions.push_back({RootKind::kUnknownHeap, range, kNoSubject});
  }
  return regions;
}

}  // namespace mqtrack::heapgraph
