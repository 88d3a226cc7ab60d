#include "preload/recorder/labels/label_table.h"

#include <cstring>

#include "preload/recorder/sync/atomic_field.h"

namespace mqtrack::recorder {
namespace {

constexpr std::size_t kPairHead = 2;  // key and length
constexpr std::size_t kMaxValueBytes = 255;

std::uint64_t HashPairs(const char* pairs, std::size_t bytes) {
  std::uint64_t hash = bytes;
  for (std::size_t i = 0; i < bytes; ++i)
    hash = (hash ^ static_cast<unsigned char>(pairs[i])) * 0x100000001b3ULL;  // FNV-1a's step
  return log::Mix(hash);
}

std::size_t PairBytes(const char* pair) { return kPairHead + static_cast<unsigned char>(pair[1]); }

bool IsAmong(log::LabelKey key, const Label* labels, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    if (labels[i].key == key) return true;
  }
  return false;
}

/// The pairs of a set that is being put together.
struct PairList {
  char* data;
  std::size_t capacity;
  std::size_t bytes = 0;
  std::uint16_t count = 0;

  void Add(log::LabelKey key, const char* value, std::size_t value_bytes) {
    if (value_bytes > kMaxValueBytes) value_bytes = kMaxValueBytes;
    if (bytes + kPairHead + value_bytes > capacity) return;
    data[bytes] = static_cast<char>(key);
    data[bytes + 1] = static_cast<char>(value_bytes);
    if (value_bytes != 0) std::memcpy(data + bytes + kPairHead, value, value_bytes);
    bytes += kPairHead + value_bytes;
    ++count;
  }
};

}  // namespace

bool LabelTable::Has(log::LabelsId id) const {
  if (id == log::LabelsId::kNone) return true;
  return LoadAcquire(log_->At<log::LabelsRecord>(static_cast<std::uint64_t>(id) * log::kArenaAlign)->tag) ==
         log::kLabelsTag;
}

void LabelTable::NoteAsked(log::LabelsId id) const {
  log::AskedFilters& asked = log_->header().asked;
  const std::uint64_t place = AddRelaxed(asked.count, std::uint64_t{1});
  if (place < log::AskedFilters::kMostSets) StoreRelease(asked.sets[place], static_cast<std::uint32_t>(id));
}

log::LabelsId LabelTable::Intern(log::LabelsId base, const Label* extra, std::size_t count) {
  char buffer[kMaxSetBytes];
  PairList pairs{buffer, sizeof(buffer)};
  if (base != log::LabelsId::kNone) {
    const auto* record = log_->At<log::LabelsRecord>(static_cast<std::uint64_t>(base) * log::kArenaAlign);
    const char* pair = reinterpret_cast<const char*>(record + 1);
    for (std::uint16_t i = 0; i < record->count; ++i, pair += PairBytes(pair)) {
      const auto key = static_cast<log::LabelKey>(pair[0]);
      if (!IsAmong(key, extra, count)) pairs.Add(key, pair + kPairHead, PairBytes(pair) - kPairHead);
    }
  }
  for (std::size_t i = 0; i < count; ++i) {
    if (extra[i].value != nullptr) pairs.Add(extra[i].key, extra[i].value, extra[i].bytes);
  }
  if (pairs.count == 0) return log::LabelsId::kNone;

  const std::uint64_t hash = HashPairs(pairs.data, pairs.bytes);
  std::uint64_t offset = 0;
  for (std::uint32_t probe = 0; probe < 32; ++probe) {
    std::uint32_t& place = ids_[(hash + probe) % kEntries];
    std::uint32_t id = LoadAcquire(place);
    if (id == 0) {
      if (offset == 0) {
        offset = arena_->Allocate(sizeof(log::LabelsRecord) + pairs.bytes);
        if (offset == 0) return log::LabelsId::kNone;
        auto* fresh = log_->At<log::LabelsRecord>(offset);
        fresh->count = pairs.count;
        fresh->bytes = static_cast<std::uint16_t>(pairs.bytes);
        fresh->hash = hash;
        std::memcpy(fresh + 1, pairs.data, pairs.bytes);
        StoreRelease(fresh->tag, log::kLabelsTag);
      }
      const auto fresh_id = static_cast<std::uint32_t>(offset / log::kArenaAlign);
      if (Swap(place, 0u, fresh_id)) return static_cast<log::LabelsId>(fresh_id);
      id = LoadAcquire(place);
    }
    const auto* known = log_->At<log::LabelsRecord>(std::uint64_t{id} * log::kArenaAlign);
    if (known->hash == hash && known->bytes == pairs.bytes && std::memcmp(known + 1, pairs.data, pairs.bytes) == 0) {
      return static_cast<log::LabelsId>(id);
    }
  }
  return log::LabelsId::kNone;
}

void LabelTable::RepairAfterFork() {
  for (std::uint32_t& id : ids_) {
    if (!Has(static_cast<log::LabelsId>(id))) id = 0;
  }
}

}  // namespace mqtrack::recorder
