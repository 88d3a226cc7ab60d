#include "preload/recorder/packets/mqtt_clients.h"

#include <cstring>

#include "preload/recorder/resources.h"
#include "preload/recorder/sync/atomic_field.h"

namespace mqtrack::recorder {
namespace {

constexpr std::uint64_t kBusy = 1;
constexpr std::uint64_t kHandleBits = (std::uint64_t{1} << 60) - 1;

std::uint64_t HandleOf(const void* client) { return reinterpret_cast<std::uintptr_t>(client); }

Label ClientLabel(const FixedText<kMaxClientBytes>& id) { return {log::LabelKey::kMqttClient, id.data, id.bytes}; }

FixedText<kMaxClientBytes> IdOf(const char* id) {
  FixedText<kMaxClientBytes> text;
  if (id == nullptr) {
    std::memcpy(text.data, "(generated)", text.bytes = 11);
  } else {
    text.bytes = static_cast<std::uint8_t>(GeneraliseClient(id, std::strlen(id), text.data));
  }
  return text;
}

}  // namespace

constinit MqttClients mqtt_clients;

void MqttClients::Reset() {
  // Written only where it was used: these tables are large, and of most processes never touched.
  for (Client& client : clients_) {
    if (LoadRelaxed(client.handle) != 0) StoreRelaxed(client.handle, std::uint64_t{0});
  }
  for (Subscription& subscription : subscriptions_) {
    if (LoadRelaxed(subscription.client) != 0) StoreRelaxed(subscription.client, std::uint64_t{0});
  }
  for (std::uint32_t& used : used_) StoreRelaxed(used, 0u);
}

MqttClients::Client* MqttClients::Find(const void* client) {
  const std::uint64_t handle = HandleOf(client);
  const std::size_t first = log::Mix(handle) % (kClients / kWays) * kWays;
  for (std::size_t way = first; way < first + kWays; ++way) {
    if (LoadAcquire(clients_[way].handle) == handle) return &clients_[way];
  }
  return nullptr;
}

void MqttClients::Created(const void* client, const char* id, bool is_clean, StartFrame caller) {
  const std::uint64_t handle = HandleOf(client);
  Ended(client);  // known: by the library's own call of one creating function from another
  const FixedText<kMaxClientBytes> text = IdOf(id);
  const std::size_t first = log::Mix(handle) % (kClients / kWays) * kWays;
  for (std::size_t way = first; way < first + kWays; ++way) {
    Client& place = clients_[way];
    if (LoadRelaxed(place.handle) != 0 || !Swap(place.handle, std::uint64_t{0}, kBusy)) continue;
    place.id = text;
    place.is_clean = is_clean ? 1 : 0;
    StoreRelease(place.handle, handle);
    break;
  }
  const Label label = ClientLabel(text);
  resources.Record(log::Kind::kMqttClient, handle, 0, caller, &label, 1);
}

void MqttClients::Ended(const void* client) {
  LiveRecord record;
  resources.Forget(log::Kind::kMqttClient, HandleOf(client), record);
  EndSubscriptions(client);
  if (Client* known = Find(client)) StoreRelease(known->handle, std::uint64_t{0});
}

void MqttClients::Connects(const void* client) {
  const Client* known = Find(client);
  if (known != nullptr && known->is_clean != 0) EndSubscriptions(client);
}

void MqttClients::Connects(const void* client, bool is_clean) {
  if (is_clean) EndSubscriptions(client);
}

std::uint64_t MqttClients::KeyOf(const void* client, const char* filter, std::size_t bytes) {
  std::uint64_t key = HandleOf(client) * 0x9e3779b97f4a7c15ULL;
  for (std::size_t i = 0; i < bytes; ++i) key = (key ^ static_cast<unsigned char>(filter[i])) * 0x100000001b3ULL;
  return log::Mix(key) & kHandleBits;
}

bool MqttClients::Subscribes(const void* client, const char* filter, StartFrame caller) {
  const std::size_t bytes = std::strlen(filter);
  const std::uint64_t key = KeyOf(client, filter, bytes);
  const std::size_t first = key % (kSubscriptions / kWays) * kWays;
  for (std::size_t way = first; way < first + kWays; ++way) {
    if (LoadAcquire(subscriptions_[way].client) == HandleOf(client) && LoadRelaxed(subscriptions_[way].key) == key)
      return false;
  }
  Subscription* place = nullptr;
  for (std::size_t way = first; way < first + kWays && place == nullptr; ++way) {
    if (LoadRelaxed(subscriptions_[way].client) == 0 && Swap(subscriptions_[way].client, std::uint64_t{0}, kBusy))
      place = &subscriptions_[way];
  }
  if (place == nullptr) {
    recorder.CountLoss(log::Loss::kTableFull);
    return false;
  }
  AddRelaxed(used_[first / (kSubscriptions / kGroups)], 1u);
  StoreRelaxed(place->key, key);
  StoreRelease(place->client, HandleOf(client));

  char topic[kMaxTopicBytes];
  Label labels[2] = {{log::LabelKey::kMqttTopic, topic, GeneraliseTopic(filter, bytes, topic)}};
  std::size_t count = 1;
  if (const Client* known = Find(client)) labels[count++] = ClientLabel(known->id);
  resources.Record(log::Kind::kMqttSubscription, key, 0, caller, labels, count);
  return true;
}

void MqttClients::Unsubscribed(const void* client, const char* filter) {
  const std::uint64_t key = KeyOf(client, filter, std::strlen(filter));
  const std::size_t first = key % (kSubscriptions / kWays) * kWays;
  for (std::size_t way = first; way < first + kWays; ++way) {
    Subscription& place = subscriptions_[way];
    if (LoadAcquire(place.client) != HandleOf(client) || LoadRelaxed(place.key) != key) continue;
    LiveRecord record;
    resources.Forget(log::Kind::kMqttSubscription, key, record);
    StoreRelease(place.client, std::uint64_t{0});
    AddRelaxed(used_[first / (kSubscriptions / kGroups)], ~0u);
    return;
  }
}

void MqttClients::EndSubscriptions(const void* client) {
  constexpr std::size_t kInGroup = kSubscriptions / kGroups;
  for (std::size_t group = 0; group < kGroups; ++group) {
    if (LoadRelaxed(used_[group]) == 0) continue;
    for (std::size_t i = group * kInGroup; i < (group + 1) * kInGroup; ++i) {
      if (LoadAcquire(subscriptions_[i].client) != HandleOf(client)) continue;
      LiveRecord record;
      resources.Forget(log::Kind::kMqttSubscription, LoadRelaxed(subscriptions_[i].key), record);
      StoreRelease(subscriptions_[i].client, std::uint64_t{0});
      AddRelaxed(used_[group], ~0u);
    }
  }
}

}  // namespace mqtrack::recorder
