// --leak=session: each reading logs its device in. Sessions are found by device and by token; a new login replaces the
// session in one of the two maps and forgets the other.
#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "samples/telemetry/leaks/leak.h"

namespace sample {
namespace {

struct DeviceSession {
  std::uint64_t token = 0;
  std::array<char, 1024> history{};
};

class StaleSessions : public Leak {
 public:
  explicit StaleSessions(bool repaired) : repaired_(repaired) {}
  void OnReading(const Reading& reading) override { LogIn(reading); }

 private:
  void LogIn(const Reading& reading) {
    auto session = std::make_shared<DeviceSession>();
    session->token = reading.sequence;
    std::shared_ptr<DeviceSession>& current = by_device_[reading.topic];
    if (repaired_ && current != nullptr) by_token_.erase(current->token);  // the repair: both maps, or neither
    by_token_[session->token] = session;  // the leak: the session before stays in this map
    current = std::move(session);
  }

  const bool repaired_;
  std::map<std::string, std::shared_ptr<DeviceSession>> by_device_;
  std::map<std::uint64_t, std::shared_ptr<DeviceSession>> by_token_;
};

}  // namespace

std::unique_ptr<Leak> MakeStaleSessions(bool repaired) { return std::make_unique<StaleSessions>(repaired); }

}  // namespace sample
