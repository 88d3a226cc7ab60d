// The mistakes that the telemetry service can make. Each lives in a file of its own, named after the mistake, and is
// called on the service's only thread. All but the closure cycle release what they hold when they are destroyed, that
// is, at exit: as in many real services, a leak checker at exit finds nothing, and only growth while running shows it.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "samples/telemetry/mqtt_client.h"
#include "samples/telemetry/reading.h"

namespace sample {

class Leak {
 public:
  Leak() = default;
  Leak(const Leak&) = delete;
  Leak& operator=(const Leak&) = delete;
  virtual ~Leak() = default;
  virtual void OnReading(const Reading& /*reading*/) {}
  virtual void OnConnected(MqttClient& /*client*/) {}
};

/// Where a leak that opens connections of its own finds the broker.
struct BrokerAddress {
  std::string host;
  int port = 0;
};

inline constexpr char kLeakNames[] =
    "queue, closure, cache, subscription, connection, thread, timer, mapping, session, pool, none";

/// The leak of this name, or its repaired twin, which does the same work; null if there is none.
[[nodiscard]] std::unique_ptr<Leak> MakeLeak(std::string_view name, const BrokerAddress& broker, bool repaired);

[[nodiscard]] std::unique_ptr<Leak> MakeUndrainedQueue(bool repaired);
[[nodiscard]] std::unique_ptr<Leak> MakeClosureCycle(bool repaired);
[[nodiscard]] std::unique_ptr<Leak> MakeEverGrowingCache(bool repaired);
[[nodiscard]] std::unique_ptr<Leak> MakeRenewedSubscriptions(bool repaired);
[[nodiscard]] std::unique_ptr<Leak> MakeKeptConnections(const BrokerAddress& broker, bool repaired);
[[nodiscard]] std::unique_ptr<Leak> MakeUnjoinedThreads(bool repaired);
[[nodiscard]] std::unique_ptr<Leak> MakeArmedTimers(bool repaired);
[[nodiscard]] std::unique_ptr<Leak> MakeKeptMappings(bool repaired);
[[nodiscard]] std::unique_ptr<Leak> MakeStaleSessions(bool repaired);
[[nodiscard]] std::unique_ptr<Leak> MakeUnreturnedBuffers(bool repaired);

}  // namespace sample
