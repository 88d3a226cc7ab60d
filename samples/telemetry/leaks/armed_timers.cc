// --leak=timer: a watchdog is to raise an alarm when a device falls silent for an hour. Every reading arms a new one;
// the one before is neither disarmed nor deleted.
#include <time.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "samples/telemetry/leaks/leak.h"

namespace sample {
namespace {

constexpr time_t kSilenceSeconds = 3600;

struct SilenceWatchdog {
  timer_t timer = nullptr;
  bool armed = false;
  std::array<char, 496> device{};
};

/// Runs on a thread of the C library.
void OnSilence(sigval watchdog) {
  std::printf("silent %s\n", static_cast<const SilenceWatchdog*>(watchdog.sival_ptr)->device.data());
}

class ArmedTimers : public Leak {
 public:
  explicit ArmedTimers(bool repaired) : repaired_(repaired) {}
  ~ArmedTimers() override {
    for (auto& watchdog : watchdogs_) Disarm(*watchdog);
  }
  void OnReading(const Reading& reading) override { ArmSilenceWatchdog(reading); }

 private:
  static void Disarm(const SilenceWatchdog& watchdog) {
    if (watchdog.armed) timer_delete(watchdog.timer);
  }
  void ForgetWatchdogOf(const std::string& device) {
    std::erase_if(watchdogs_, [&device](const auto& watchdog) {
      if (watchdog->device.data() != device) return false;
      Disarm(*watchdog);
      return true;
    });
  }

  void ArmSilenceWatchdog(const Reading& reading) {
    if (repaired_) ForgetWatchdogOf(reading.topic);
    watchdogs_.push_back(std::make_unique<SilenceWatchdog>());  // the leak: the device's last watchdog still runs
    SilenceWatchdog& watchdog = *watchdogs_.back();
    reading.topic.copy(watchdog.device.data(), watchdog.device.size() - 1);
    sigevent event{};
    event.sigev_notify = SIGEV_THREAD;
    event.sigev_value.sival_ptr = &watchdog;
    event.sigev_notify_function = OnSilence;
    if (timer_create(CLOCK_MONOTONIC, &event, &watchdog.timer) != 0) return;
    watchdog.armed = true;
    const itimerspec after{{0, 0}, {kSilenceSeconds, 0}};
    timer_settime(watchdog.timer, 0, &after, nullptr);
  }

  const bool repaired_;
  std::vector<std::unique_ptr<SilenceWatchdog>> watchdogs_;
};

}  // namespace

std::unique_ptr<Leak> MakeArmedTimers(bool repaired) { return std::make_unique<ArmedTimers>(repaired); }

}  // namespace sample
