// telemetry: a small MQTT service that can leak in ten classic ways, or not at all. See leaks/ for the mistakes.
#include <mosquitto.h>

#include <csignal>
#include <cstdio>
#include <exception>
#include <memory>
#include <utility>

#include "samples/telemetry/busy_threads.h"
#include "samples/telemetry/leaks/leak.h"
#include "samples/telemetry/options.h"
#include "samples/telemetry/service.h"

namespace {

volatile std::sig_atomic_t stop_requested = 0;

void RequestStop(int /*signal*/) { stop_requested = 1; }

int Serve(const sample::Options& options) {
  std::unique_ptr<sample::Leak> leak = sample::MakeLeak(options.leak, {options.host, options.port}, options.repaired);
  if (leak == nullptr) {
    std::fprintf(stderr, "telemetry: there is no leak '%s'; choose one of: %s\n", options.leak.c_str(),
                 sample::kLeakNames);
    return 2;
  }
  const sample::BusyThreads busy(options.busy_threads);
  return sample::TelemetryService(options, std::move(leak), stop_requested).Run();
}

}  // namespace

int main(int argc, char** argv) {
  int exit_code = 0;
  const auto options = sample::ParseOptions(argc, argv, exit_code);
  if (!options) return exit_code;
  std::signal(SIGINT, RequestStop);
  std::signal(SIGTERM, RequestStop);
  mosquitto_lib_init();
  try {
    exit_code = Serve(*options);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "telemetry: %s\n", error.what());
    exit_code = 1;
  }
  mosquitto_lib_cleanup();
  return exit_code;
}
