// The telemetry service: one MQTT connection, one thread, statistics of what devices report, and one chosen mistake.
// It prints "ready", "processed N" and "reconnected N" on stdout, so that whoever drives it can wait for a state.
#pragma once

#include <csignal>
#include <cstdint>
#include <memory>
#include <string_view>

#include "samples/telemetry/device_statistics.h"
#include "samples/telemetry/leaks/leak.h"
#include "samples/telemetry/mqtt_client.h"
#include "samples/telemetry/options.h"

namespace sample {

class TelemetryService {
 public:
  /// `stop` is set by a signal handler and ends Run.
  TelemetryService(const Options& options, std::unique_ptr<Leak> leak, const volatile std::sig_atomic_t& stop);

  /// Serves until the options or `stop` say that it is enough. The process's exit code.
  [[nodiscard]] int Run();

 private:
  void OnConnected(MqttClient& client);
  void OnReceived(std::string_view topic, std::string_view payload);
  [[nodiscard]] bool Done() const;
  /// The connection has ended by itself.
  void OnLost();
  [[nodiscard]] bool RenewConnection();

  Options options_;
  std::unique_ptr<Leak> leak_;
  const volatile std::sig_atomic_t& stop_;
  DeviceStatistics statistics_;
  std::uint64_t processed_ = 0;
  std::uint64_t reconnects_ = 0;
  bool reconnect_due_ = false;
  bool failed_ = false;
  bool ready_ = false;
  MqttClient client_;  // last, so that it is gone before what its callbacks use
};

}  // namespace sample
