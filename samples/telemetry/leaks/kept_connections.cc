// --leak=connection: every alarm is sent over a client of its own, which is disconnected afterwards but not destroyed.
#include <unistd.h>

#include <array>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "samples/telemetry/leaks/leak.h"

namespace sample {
namespace {

constexpr int kLoopTimeoutMs = 200;
constexpr int kMostLoops = 25;

struct AlarmClient {
  explicit AlarmClient(const std::string& id)
      : mqtt(id, false, {.connected = [this](MqttClient&) { accepted = true; }, .received = {}, .subscribed = {}}) {}
  bool accepted = false;
  std::array<char, 4096> message{};
  MqttClient mqtt;
};

class KeptConnections : public Leak {
 public:
  KeptConnections(BrokerAddress broker, bool repaired) : broker_(std::move(broker)), repaired_(repaired) {}
  void OnReading(const Reading& reading) override {
    SendAlarm(reading);
    if (repaired_) clients_.clear();  // the repair: who has disconnected is destroyed
  }

 private:
  void SendAlarm(const Reading& reading) {
    const std::string id = "alarm-" + std::to_string(getpid()) + '-' + std::to_string(reading.sequence);
    clients_.push_back(std::make_unique<AlarmClient>(id));  // the leak: never removed again
    AlarmClient& alarm = *clients_.back();
    const int length =
        std::snprintf(alarm.message.data(), alarm.message.size(), "%s is at %g", reading.topic.c_str(), reading.value);
    if (!alarm.mqtt.Connect(broker_.host, broker_.port)) return;
    for (int i = 0; i < kMostLoops && !alarm.accepted; ++i) {
      if (!alarm.mqtt.Loop(kLoopTimeoutMs)) return;
    }
    if (alarm.mqtt.Publish("alarms", {alarm.message.data(), static_cast<std::size_t>(length)})) alarm.mqtt.Disconnect();
  }

  BrokerAddress broker_;
  const bool repaired_;
  std::vector<std::unique_ptr<AlarmClient>> clients_;
};

}  // namespace

std::unique_ptr<Leak> MakeKeptConnections(const BrokerAddress& broker, bool repaired) {
  return std::make_unique<KeptConnections>(broker, repaired);
}

}  // namespace sample
