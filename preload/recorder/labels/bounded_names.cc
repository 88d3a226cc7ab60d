#include "preload/recorder/labels/bounded_names.h"

#include <cstring>

#include "libtrack/log/layout.h"
#include "preload/recorder/sync/atomic_field.h"

namespace mqtrack::recorder {
namespace {

constexpr BoundedNames::Text kOtherText = {"(other)", 7};
constexpr char kUnnamed[] = "(unnamed)";

/// As much of `name` as is kept.
BoundedNames::Text Cut(const char* name) {
  if (name == nullptr || *name == 0) name = kUnnamed;
  std::size_t bytes = ::strnlen(name, BoundedNames::kMaxNameBytes + 1);
  if (bytes <= BoundedNames::kMaxNameBytes) return {name, bytes};
  bytes = BoundedNames::kMaxNameBytes;
  const auto continues = [&](std::size_t at) { return (static_cast<unsigned char>(name[at]) & 0xc0) == 0x80; };
  while (bytes > BoundedNames::kMaxNameBytes - 4 && continues(bytes)) --bytes;
  return {name, bytes};
}

std::uint64_t Hash(std::uint16_t parent, const BoundedNames::Text& name) {
  std::uint64_t hash = parent * 0x9e3779b97f4a7c15ULL ^ name.bytes;
  for (std::size_t i = 0; i < name.bytes; ++i)
    hash = (hash ^ static_cast<unsigned char>(name.data[i])) * 0x100000001b3ULL;  // FNV-1a's step
  return log::Mix(hash);
}

}  // namespace

BoundedNames::Text BoundedNames::TextOf(std::uint16_t number) const {
  if (number == kNone || number > kMost) return kOtherText;
  const Entry& entry = entries_[number - 1];
  return {entry.text, entry.bytes};
}

std::uint16_t BoundedNames::ParentOf(std::uint16_t number) const {
  return number == kNone || number > kMost ? kNone : entries_[number - 1].parent;
}

bool BoundedNames::IsEntry(const Entry& entry, std::uint64_t hash, std::uint16_t parent, const Text& name) const {
  return entry.hash == hash && entry.parent == parent && entry.own_bytes == name.bytes &&
         std::memcmp(entry.text + entry.bytes - entry.own_bytes, name.data, name.bytes) == 0;
}

void BoundedNames::Fill(Entry& entry, std::uint64_t hash, std::uint16_t parent, const Text& name) const {
  entry.hash = hash;
  entry.parent = parent;
  std::size_t bytes = 0;
  if (parent != kNone) {
    const Text above = TextOf(parent);
    std::memcpy(entry.text, above.data, above.bytes);
    bytes = above.bytes;
    entry.text[bytes++] = '/';
  }
  std::memcpy(entry.text + bytes, name.data, name.bytes);
  entry.own_bytes = static_cast<std::uint8_t>(name.bytes);
  entry.bytes = static_cast<std::uint8_t>(bytes + name.bytes);
}

std::uint16_t BoundedNames::NumberOf(std::uint16_t parent, const char* name) { return NumberOf(parent, Cut(name)); }

std::uint16_t BoundedNames::Moved(std::uint16_t number, std::uint16_t parent) {
  if (number == kNone || number > kMost) return number;
  const Entry& entry = entries_[number - 1];
  return NumberOf(parent, Text{entry.text + entry.bytes - entry.own_bytes, entry.own_bytes});
}

std::uint16_t BoundedNames::NumberOf(std::uint16_t parent, const Text& name) {
  if (parent == kOther) return kOther;
  const std::uint64_t hash = Hash(parent, name);
  std::uint16_t fresh = kNone;
  for (std::uint32_t probe = 0; probe < kPlaces; ++probe) {
    std::uint16_t& place = places_[(hash + probe) % kPlaces];
    std::uint16_t number = LoadAcquire(place);
    if (number == kNone) {
      if (fresh == kNone) {
        if (LoadRelaxed(used_) >= kMost) return kOther;
        const std::uint32_t index = AddRelaxed(used_, 1u);
        if (index >= kMost) return kOther;
        fresh = static_cast<std::uint16_t>(index + 1);
        Fill(entries_[index], hash, parent, name);
      }
      if (Swap(place, kNone, fresh)) return fresh;
      number = LoadAcquire(place);  // another thread was faster; if it had the same name, ours is lost, once
    }
    if (IsEntry(entries_[number - 1], hash, parent, name)) return number;
  }
  return kOther;
}

}  // namespace mqtrack::recorder
