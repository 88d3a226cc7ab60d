#include "preload/recorder/packets/packet_sets.h"

#include <cstring>

#include "preload/recorder/sync/atomic_field.h"

namespace mqtrack::recorder {
namespace {

struct Text {
  const char* data;
  std::size_t bytes;
};
constexpr Text kOther = {"(other)", 7};
constexpr std::uint32_t kProbes = 16;

std::uint64_t Hash(std::uint64_t hash, const Text& text) {
  const char* at = text.data;
  std::size_t left = text.bytes;
  hash ^= left;
  for (; left >= 8; at += 8, left -= 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, at, 8);
    hash = (hash ^ word) * 0x9fb21c651e98df25ULL;
    hash ^= hash >> 32;
  }
  std::uint64_t word = 0;
  if (left != 0) std::memcpy(&word, at, left);  // of nothing, `at` may be null
  hash = (hash ^ word) * 0x9fb21c651e98df25ULL;
  return hash ^ hash >> 32;
}

/// Of this process, so that nobody can choose topics that meet in one place.
std::uint64_t Seed() {
  static const char in_this_process = 0;
  return reinterpret_cast<std::uintptr_t>(&in_this_process) * 0x9e3779b97f4a7c15ULL;
}

}  // namespace

/// The label values of a packet; what it has not has no data.
struct PacketSets::Names {
  PacketType type;
  Text client, topic;
};

std::uint64_t PacketSets::KeyOf(log::LabelsId thread, const Names& names) {
  std::uint64_t key = Seed() ^ static_cast<std::uint64_t>(thread) << 8 ^ static_cast<std::uint64_t>(names.type);
  key = Hash(key, names.client);
  key = Hash(key, names.topic) ^ (names.topic.data != nullptr ? 1 : 0);
  return log::Mix(key) | 1;
}

log::LabelsId PacketSets::Find(std::uint64_t key) const {
  for (std::uint32_t probe = 0; probe < kProbes; ++probe) {
    const Entry& entry = entries_[((key >> 8) + probe) % kEntries];
    const std::uint64_t check = LoadAcquire(entry.check), labels = LoadRelaxed(entry.labels);
    if (check == 0) break;
    if ((check ^ log::Mix(labels)) == key) return static_cast<log::LabelsId>(labels);
  }
  return log::LabelsId::kNone;
}

void PacketSets::Remember(std::uint64_t key, log::LabelsId labels) {
  const auto value = static_cast<std::uint64_t>(labels);
  for (std::uint32_t probe = 0; probe < kProbes; ++probe) {
    Entry& entry = entries_[((key >> 8) + probe) % kEntries];
    if (LoadRelaxed(entry.check) != 0) continue;
    StoreRelaxed(entry.labels, value);
    StoreRelease(entry.check, key ^ log::Mix(value));
    return;
  }
}

log::LabelsId PacketSets::SetOf(LabelTable& labels, log::LabelsId thread, const Connection& connection,
                                const Handling& handling) {
  Names names = {handling.type, {nullptr, 0}, {nullptr, 0}};
  if (connection.has_client != 0) names.client = {connection.client.data, connection.client.bytes};
  if (handling.has_topic) names.topic = {handling.topic.data, handling.topic.bytes};
  std::uint64_t key = KeyOf(thread, names);
  if (const log::LabelsId known = Find(key); known != log::LabelsId::kNone) return known;

  if (LoadRelaxed(full_) < kMaxFull) {
    AddRelaxed(full_, 1u);
  } else {
    if (names.topic.data != nullptr) names.topic = kOther;
    key = KeyOf(thread, names);
    if (const log::LabelsId known = Find(key); known != log::LabelsId::kNone) return known;
    if (LoadRelaxed(with_client_) < kMaxWithClient) {
      AddRelaxed(with_client_, 1u);
    } else {
      if (names.client.data != nullptr) names.client = kOther;
      key = KeyOf(thread, names);
      if (const log::LabelsId known = Find(key); known != log::LabelsId::kNone) return known;
    }
  }
  Label all[3];
  std::size_t count = 0;
  const char* type = NameOf(names.type);
  all[count++] = {log::LabelKey::kMqttPacket, type, std::strlen(type)};
  if (names.client.data != nullptr) all[count++] = {log::LabelKey::kMqttClient, names.client.data, names.client.bytes};
  if (names.topic.data != nullptr) all[count++] = {log::LabelKey::kMqttTopic, names.topic.data, names.topic.bytes};
  const log::LabelsId fresh = labels.Intern(thread, all, count);
  if (fresh == log::LabelsId::kNone) return thread;
  const bool asks = names.type == PacketType::kSubscribe || names.type == PacketType::kUnsubscribe;
  if (asks && names.topic.data != nullptr) labels.NoteAsked(fresh);
  Remember(key, fresh);
  return fresh;
}

log::LabelsId PacketSets::SetOf(LabelTable& labels, log::LabelsId thread, const Connection& connection,
                                const Handling& handling, ConnectionSets& known) {
  if (handling.has_topic) return SetOf(labels, thread, connection, handling);
  const auto name = static_cast<std::uint32_t>(thread);
  const auto type = static_cast<std::size_t>(handling.type);
  if (known.thread != name || known.era != era_ || known.has_client != connection.has_client ||
      handling.type == PacketType::kConnect) [[unlikely]] {
    known = {name, era_, connection.has_client, {}};
  }
  std::uint32_t& set = known.sets[type];
  if (set == 0) [[unlikely]]
    set = static_cast<std::uint32_t>(SetOf(labels, thread, connection, handling));
  const auto found = static_cast<log::LabelsId>(set);
  if (handling.type == PacketType::kConnect) set = 0;  // which may go on to say another client
  return found;
}

void PacketSets::RepairAfterFork(const LabelTable& labels) {
  ++era_;
  if (full_ == 0) return;
  for (Entry& entry : entries_) {
    // An entry in the middle of a chain must not become free: what lies behind it would be lost. It never matches.
    if (entry.check != 0 && !labels.Has(static_cast<log::LabelsId>(entry.labels))) entry = {~std::uint64_t{0}, 0};
  }
}

}  // namespace mqtrack::recorder
