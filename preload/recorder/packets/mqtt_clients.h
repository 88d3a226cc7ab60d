// The clients and subscriptions that a service holds through an MQTT client library.
//
// A subscription is what the client's session holds at the broker: one for each client and filter. To subscribe to the
// same filter once more replaces it there, and changes nothing here: it keeps the stack and the generation of the first
// call. It ends with an unsubscribe, with its client, and when the client connects anew with a clean session.
#pragma once

#include <cstddef>
#include <cstdint>

#include "preload/recorder/packets/packet_follower.h"
#include "preload/recorder/unwinding/unwind.h"

namespace mqtrack::recorder {

/// All members may be called from any thread, keep errno, allocate nothing and never block. A client is known by its
/// handle; calls for one handle at the same time are the client library's to forbid or to serialise.
class MqttClients {
 public:
  /// Forgets all, for a log that knows of none.
  void Reset();

  /// A client exists. `id` null: the library has made one up.
  void Created(const void* client, const char* id, bool is_clean, StartFrame caller);
  /// A client is about to end.
  void Ended(const void* client);
  /// A client connects: with a clean session its subscriptions are gone. `is_clean` as it says now, if it says so now.
  void Connects(const void* client);
  void Connects(const void* client, bool is_clean);

  /// A client is about to subscribe. False if it had that subscription already.
  bool Subscribes(const void* client, const char* filter, StartFrame caller);
  /// It has unsubscribed, or what it was about to do has failed.
  void Unsubscribed(const void* client, const char* filter);

 private:
  static constexpr std::size_t kWays = 8;
  static constexpr std::size_t kClients = 4096;  // whose ids are known; of further ones only that they exist
  static constexpr std::size_t kSubscriptions = 65536;
  static constexpr std::size_t kGroups = 256;

  struct Client {
    std::uint64_t handle;  // 0: free, 1: being written
    FixedText<kMaxClientBytes> id;
    std::uint8_t is_clean;
  };
  struct Subscription {
    std::uint64_t client;  // 0: free
    std::uint64_t key;     // of the live table
  };

  [[nodiscard]] Client* Find(const void* client);
  void EndSubscriptions(const void* client);
  [[nodiscard]] static std::uint64_t KeyOf(const void* client, const char* filter, std::size_t bytes);

  Client clients_[kClients] = {};
  Subscription subscriptions_[kSubscriptions] = {};
  std::uint32_t used_[kGroups] = {};  // subscriptions in each group of neighbours
};

/// The one of this process; in static storage that is touched only as clients come.
extern MqttClients mqtt_clients;

}  // namespace mqtrack::recorder
