#include "preload/recorder/label_table.h"

#include <cstring>

#include "preload/recorder/atomic_field.h"

namespace mqtrack::recorder {
namespace {

std::uint64_t HashPair(const char* pair, std::size_t bytes) {
  std::uint64_t hash = bytes;
  for (std::size_t i = 0; i < bytes; ++i)
    hash = (hash ^ static_cast<unsigned char>(pair[i])) * 0x100000001b3ULL;  // FNV-1a's step
  return log::Mix(hash);
}

}  // namespace

log::LabelsId LabelTable::Intern(log::LabelKey key, const char* value) {
  char pair[2 + 255];
  const std::size_t length = ::strnlen(value, 255);
  pair[0] = static_cast<char>(key);
  pair[1] = static_cast<char>(length);
  std::memcpy(pair + 2, value, length);
  const std::size_t bytes = 2 + length;
  const std::uint64_t hash = HashPair(pair, bytes);

  std::uint64_t offset = 0;
  for (std::uint32_t probe = 0; probe < 32; ++probe) {
    std::uint32_t& place = ids_[(hash + probe) % kEntries];
    std::uint32_t id = LoadAcquire(place);
    if (id == 0) {
      if (offset == 0) {
        offset = arena_->Allocate(sizeof(log::LabelsRecord) + bytes);
        if (offset == 0) return log::LabelsId::kNone;
        auto* fresh = log_->At<log::LabelsRecord>(offset);
        fresh->count = 1;
        fresh->bytes = static_cast<std::uint16_t>(bytes);
        fresh->hash = hash;
        std::memcpy(fresh + 1, pair, bytes);
        StoreRelease(fresh->tag, log::kLabelsTag);
      }
      const auto fresh_id = static_cast<std::uint32_t>(offset / log::kArenaAlign);
      if (Swap(place, 0u, fresh_id)) return static_cast<log::LabelsId>(fresh_id);
      id = LoadAcquire(place);
    }
    const auto* known = log_->At<log::LabelsRecord>(std::uint64_t{id} * log::kArenaAlign);
    if (known->hash == hash && known->bytes == bytes && std::memcmp(known + 1, pair, bytes) == 0) {
      return static_cast<log::LabelsId>(id);
    }
  }
  return log::LabelsId::kNone;
}

}  // namespace mqtrack::recorder
