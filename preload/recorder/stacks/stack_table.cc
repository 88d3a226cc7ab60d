#include "preload/recorder/stacks/stack_table.h"

#include <sched.h>

#include <cstring>

#include "preload/recorder/sync/atomic_field.h"

namespace mqtrack::recorder {
namespace {

constexpr std::uint64_t kFirstEntries = 16384;  // 128 KiB
constexpr std::uint64_t kLargestLevel = std::uint64_t{1} << 22;
constexpr std::uint32_t kMostYields = 100000;

std::uint64_t* AddressesOf(log::StackRecord* record) { return reinterpret_cast<std::uint64_t*>(record + 1); }

bool Same(log::StackRecord* record, std::uint64_t hash, const std::uint64_t* addresses, std::uint32_t depth,
          std::uint32_t flags) {
  return record->hash == hash && record->depth == depth && record->flags == flags &&
         (depth == 0 || std::memcmp(AddressesOf(record), addresses, depth * sizeof(std::uint64_t)) == 0);
}

constexpr std::uint64_t MakeEntry(std::uint64_t hash, log::StackId id) {
  return (hash & 0xffffffff00000000ULL) | static_cast<std::uint32_t>(id);
}

}  // namespace

bool StackTable::Create(LogFile& log, Arena& arena, ModuleTable& modules) {
  log_ = &log;
  arena_ = &arena;
  modules_ = &modules;
  return AddLevel(kFirstEntries);
}

bool StackTable::AddLevel(std::uint64_t entries) {
  const std::uint64_t index = LoadRelaxed(level_count_);
  if (index >= kMaxLevels) return false;
  const std::uint64_t bytes = entries * sizeof(log::StackIndexEntry);
  const std::uint64_t offset = log_->Commit(bytes);
  if (offset == 0 || !log_->Publish(log::SegmentKind::kStackIndex, offset, bytes, entries)) return false;
  levels_[index] = {log_->At<log::StackIndexEntry>(offset), entries};
  StoreRelease(level_count_, index + 1);
  return true;
}

void StackTable::RepairAfterFork() {
  level_count_ = 0;
  for (const log::Segment& segment : log_->header().segments) {
    if (segment.kind != static_cast<std::uint32_t>(log::SegmentKind::kStackIndex) || level_count_ == kMaxLevels)
      continue;
    levels_[level_count_++] = {log_->At<log::StackIndexEntry>(segment.offset), segment.count};
  }
  growing_ = 0;
}

log::StackRecord* StackTable::Find(std::uint64_t hash, const std::uint64_t* addresses, std::uint32_t depth,
                                   std::uint32_t flags) const {
  for (std::uint64_t i = LoadAcquire(level_count_); i-- > 0;) {
    const Level& level = levels_[i];
    for (std::uint32_t probe = 0; probe < log::kStackIndexProbes; ++probe) {
      const std::uint64_t entry = LoadAcquire(level.entries[(hash + probe) & (level.count - 1)]);
      if (entry == 0) break;
      if ((entry ^ hash) >> 32 != 0) continue;
      log::StackRecord* record = RecordOf(static_cast<log::StackId>(entry & 0xffffffff));
      if (Same(record, hash, addresses, depth, flags)) return record;
    }
  }
  return nullptr;
}

log::StackRecord* StackTable::Intern(const std::uint64_t* addresses, std::uint32_t depth, std::uint32_t flags) {
  const std::uint64_t hash = log::HashStack(addresses, depth);
  log::StackRecord* record = Find(hash, addresses, depth, flags);
  return record != nullptr ? record : Store(hash, addresses, depth, flags);
}

log::StackRecord* StackTable::InternSynthetic(log::SyntheticStack meaning) {
  const auto hash = static_cast<std::uint64_t>(meaning);
  log::StackRecord* record = Find(hash, nullptr, 0, log::kStackSynthetic);
  return record != nullptr ? record : Store(hash, nullptr, 0, log::kStackSynthetic);
}

log::StackRecord* StackTable::Store(std::uint64_t hash, const std::uint64_t* addresses, std::uint32_t depth,
                                    std::uint32_t flags) {
  const std::uint64_t offset = arena_->Allocate(sizeof(log::StackRecord) + depth * sizeof(std::uint64_t));
  if (offset == 0) return nullptr;
  auto* record = log_->At<log::StackRecord>(offset);
  for (std::uint32_t i = 0; i < depth; ++i) {
    AddressesOf(record)[i] = addresses[i];
    modules_->Note(addresses[i] - 1);
  }
  record->depth = depth;
  record->flags = flags;
  record->modules = modules_->count();
  record->hash = hash;
  StoreRelease(record->tag, log::kStackTag);
  return Enter(hash, record);
}

log::StackRecord* StackTable::Enter(std::uint64_t hash, log::StackRecord* record) {
  const std::uint64_t fresh = MakeEntry(hash, IdOf(record));
  for (std::uint32_t yields = 0;;) {
    const std::uint64_t levels = LoadAcquire(level_count_);
    const Level& level = levels_[levels - 1];  // only the newest takes entries
    for (std::uint32_t probe = 0; probe < log::kStackIndexProbes; ++probe) {
      log::StackIndexEntry& entry = level.entries[(hash + probe) & (level.count - 1)];
      if (LoadAcquire(entry) == 0 && Swap(entry, std::uint64_t{0}, fresh)) return record;
      const std::uint64_t other = LoadAcquire(entry);
      if ((other ^ hash) >> 32 != 0) continue;
      log::StackRecord* existing = RecordOf(static_cast<log::StackId>(other & 0xffffffff));
      // Another thread entered the same stack first: its record counts, ours stays unused.
      if (Same(existing, hash, AddressesOf(record), record->depth, record->flags)) return existing;
    }
    if (Swap(growing_, 0u, 1u)) {
      const bool grown =
          LoadAcquire(level_count_) != levels || AddLevel(level.count < kLargestLevel ? level.count * 2 : level.count);
      StoreRelease(growing_, 0u);
      if (!grown) return nullptr;
    } else if (LoadAcquire(level_count_) == levels && ++yields > kMostYields) {
      return nullptr;  // the one that grows it may be under our feet, interrupted by a signal
    } else {
      ::sched_yield();
    }
  }
}

}  // namespace mqtrack::recorder
