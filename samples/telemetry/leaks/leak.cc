#include "samples/telemetry/leaks/leak.h"

namespace sample {

std::unique_ptr<Leak> MakeLeak(std::string_view name, const BrokerAddress& broker, bool repaired) {
  if (name == "none") return std::make_unique<Leak>();
  if (name == "queue") return MakeUndrainedQueue(repaired);
  if (name == "closure") return MakeClosureCycle(repaired);
  if (name == "cache") return MakeEverGrowingCache(repaired);
  if (name == "subscription") return MakeRenewedSubscriptions(repaired);
  if (name == "connection") return MakeKeptConnections(broker, repaired);
  if (name == "thread") return MakeUnjoinedThreads(repaired);
  if (name == "timer") return MakeArmedTimers(repaired);
  if (name == "mapping") return MakeKeptMappings(repaired);
  if (name == "session") return MakeStaleSessions(repaired);
  if (name == "pool") return MakeUnreturnedBuffers(repaired);
  return nullptr;
}

}  // namespace sample
