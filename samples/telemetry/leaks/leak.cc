#include "samples/telemetry/leaks/leak.h"

namespace sample {

std::unique_ptr<Leak> MakeLeak(std::string_view name, const BrokerAddress& broker) {
  if (name == "none") return std::make_unique<Leak>();
  if (name == "queue") return MakeUndrainedQueue();
  if (name == "closure") return MakeClosureCycle();
  if (name == "cache") return MakeEverGrowingCache();
  if (name == "subscription") return MakeRenewedSubscriptions();
  if (name == "connection") return MakeKeptConnections(broker);
  if (name == "thread") return MakeUnjoinedThreads();
  if (name == "timer") return MakeArmedTimers();
  if (name == "mapping") return MakeKeptMappings();
  return nullptr;
}

}  // namespace sample
