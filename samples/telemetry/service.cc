#include "samples/telemetry/service.h"

#include <track/track.h>
#include <unistd.h>

#include <charconv>
#include <chrono>
#include <cstdio>
#include <string>
#include <thread>
#include <utility>

namespace sample {
namespace {

constexpr char kFilter[] = "telemetry/#";
constexpr int kLoopTimeoutMs = 200;
constexpr std::chrono::milliseconds kBeforeComingBack(20);

double ToNumber(std::string_view text) {
  double value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

/// A status line must be seen at once by whoever waits for it, also through a pipe.
void Report(const char* what, std::uint64_t count) {
  std::printf("%s %llu\n", what, static_cast<unsigned long long>(count));
  std::fflush(stdout);
}

}  // namespace

TelemetryService::TelemetryService(const Options& options, std::unique_ptr<Leak> leak,
                                   const volatile std::sig_atomic_t& stop)
    : options_(options),
      leak_(std::move(leak)),
      stop_(stop),
      client_("telemetry-" + std::to_string(getpid()), options.reconnect_every != 0,
              {.connected = [this](MqttClient& client) { OnConnected(client); },
               .received = [this](std::string_view topic, std::string_view payload) { OnReceived(topic, payload); },
               .subscribed =
                   [this] {
                     if (!std::exchange(ready_, true)) Report("ready", processed_);
                   }}) {}

int TelemetryService::Run() {
  const auto started = std::chrono::steady_clock::now();
  if (!client_.Connect(options_.host, options_.port)) return 1;
  while (!failed_ && !stop_ && !Done()) {
    if (options_.duration_seconds != 0 &&
        std::chrono::steady_clock::now() - started >= std::chrono::seconds(options_.duration_seconds)) {
      break;
    }
    if (!client_.Loop(kLoopTimeoutMs)) OnLost();
    if (std::exchange(reconnect_due_, false) && !RenewConnection()) failed_ = true;
  }
  client_.Disconnect();
  return failed_ ? 1 : 0;
}

// The regions below say what the service was doing when it allocated: mqtrack top telemetry --group-by region.
void TelemetryService::OnConnected(MqttClient& client) {
  MQTRACK_REGION("connect");
  if (!client.Subscribe(kFilter)) failed_ = true;
  leak_->OnConnected(client);
}

void TelemetryService::OnReceived(std::string_view topic, std::string_view payload) {
  MQTRACK_REGION("reading");
  const Reading reading{std::string(topic), ToNumber(payload), ++processed_};
  {
    MQTRACK_REGION("statistics");
    statistics_.Add(reading);
  }
  leak_->OnReading(reading);
  if (options_.reconnect_every != 0 && processed_ % options_.reconnect_every == 0) reconnect_due_ = true;
  if (processed_ % options_.report_every == 0 || processed_ == options_.messages) Report("processed", processed_);
}

bool TelemetryService::Done() const {
  return options_.messages != 0 && processed_ >= options_.messages && !options_.stay;
}

void TelemetryService::OnLost() {
  failed_ = !options_.come_back;
  if (failed_) return;
  std::this_thread::sleep_for(kBeforeComingBack);
  (void)client_.Reconnect();  // if that fails, so does the next turn of the loop
}

bool TelemetryService::RenewConnection() {
  client_.Disconnect();
  if (!client_.Reconnect()) return false;
  Report("reconnected", ++reconnects_);
  return true;
}

}  // namespace sample
