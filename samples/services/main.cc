// services: three small services in one program, which work together through a broker and say in traced regions what
// they do (track/trace.h):
//
//   telemetry --reading/+--> gateway --put/+--> store        and, planted: store --alarm--> gateway, now and then
//
// The store is slow, which is planted as well. samples/topology.sh shows what mqtrack topology makes of their lines.
//
//   services telemetry|gateway|store PORT [MESSAGES]
#include <mosquitto.h>
#include <track/trace.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>

#include "samples/services/traced_client.h"

namespace {

constexpr int kLoopTimeoutMs = 100;
constexpr int kAlarmEvery = 10;
constexpr std::chrono::milliseconds kSlowWork(150);

volatile std::sig_atomic_t stop_requested = 0;

void RequestStop(int /*signal*/) { stop_requested = 1; }

/// Seen at once by whoever waits for it.
void Report(const char* what, int count) {
  std::printf("%s %d\n", what, count);
  std::fflush(stdout);
}

/// Hands a message on as a region of its own, which is what its receiver belongs to.
bool Send(sample::TracedClient& client, const std::string& topic) {
  const mqtrack::TracedRegion region("send", "producer");
  char traceparent[MQTRACK_TRACEPARENT_BYTES];
  return client.Publish(topic, region.Traceparent(traceparent));
}

/// Goes on until it is told to end.
int Serve(sample::TracedClient& client, int port) {
  if (!client.Connect(port)) return 1;
  bool said = false;
  while (!stop_requested) {
    if (!client.Loop(kLoopTimeoutMs)) return 1;
    if (client.is_ready() && !said) {
      Report("ready", 0);
      said = true;
    }
  }
  return 0;
}

int RunGateway(int port) {
  int handled = 0;
  bool failed = false;
  sample::TracedClient* self = nullptr;
  sample::TracedClient client("gateway", "gateway/#", [&](const std::string& topic, const std::string& traceparent) {
    const mqtrack::TracedRegion region(topic == "gateway/alarm" ? "alarm" : "ingest", "consumer", traceparent.c_str());
    if (topic != "gateway/alarm" && !Send(*self, "store/put")) failed = true;
    Report("handled", ++handled);
  });
  self = &client;
  return Serve(client, port) != 0 || failed ? 1 : 0;
}

int RunStore(int port) {
  int handled = 0;
  bool failed = false;
  sample::TracedClient* self = nullptr;
  sample::TracedClient client("store", "store/#", [&](const std::string& /*topic*/, const std::string& traceparent) {
    const mqtrack::TracedRegion region("put", "consumer", traceparent.c_str());
    std::this_thread::sleep_for(kSlowWork);
    // The planted circle: the gateway, which has caused this, is told.
    if (++handled % kAlarmEvery == 0 && !Send(*self, "gateway/alarm")) failed = true;
    Report("handled", handled);
  });
  self = &client;
  return Serve(client, port) != 0 || failed ? 1 : 0;
}

int RunTelemetry(int port, int messages) {
  sample::TracedClient client("telemetry", "", nullptr);
  if (!client.Connect(port)) return 1;
  while (!client.is_ready() && !stop_requested) {
    if (!client.Loop(kLoopTimeoutMs)) return 1;
  }
  for (int i = 0; i < messages && !stop_requested; ++i) {
    {
      const mqtrack::TracedRegion region("measure");
      if (!Send(client, "gateway/reading")) return 1;
    }
    while (client.acknowledged() <= i && !stop_requested) {
      if (!client.Loop(kLoopTimeoutMs)) return 1;
    }
  }
  Report("sent", messages);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string role = argc > 2 ? argv[1] : "";
  const int port = argc > 2 ? std::atoi(argv[2]) : 0;
  if ((role != "telemetry" && role != "gateway" && role != "store") || port <= 0) {
    std::fprintf(stderr, "usage: services telemetry|gateway|store PORT [MESSAGES]\n");
    return 2;
  }
  std::signal(SIGINT, RequestStop);
  std::signal(SIGTERM, RequestStop);
  // A line is named after the service, not after the program.
  ::setenv("MQTRACK_SERVICE_NAME", role.c_str(), 0);
  mosquitto_lib_init();
  int exit_code = 0;
  if (role == "gateway") exit_code = RunGateway(port);
  if (role == "store") exit_code = RunStore(port);
  if (role == "telemetry") exit_code = RunTelemetry(port, argc > 3 ? std::atoi(argv[3]) : 100);
  mosquitto_lib_cleanup();
  return exit_code;
}
