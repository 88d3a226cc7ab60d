// What the command line of the telemetry service says.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace sample {

struct Options {
  std::string leak = "none";
  bool repaired = false;  // the leak's repaired twin
  std::string host = "127.0.0.1";
  int port = 1883;
  std::uint64_t messages = 0;         // readings after which the run is over; 0: no limit
  int busy_threads = 0;               // that allocate without pause, beside the service
  bool stay = false;                  // go on serving after `messages`
  bool come_back = false;             // connect again when the connection is lost, instead of ending
  int duration_seconds = 0;           // 0: no limit
  std::uint64_t report_every = 100;   // readings between two status lines
  std::uint64_t reconnect_every = 0;  // readings after which the connection is renewed; 0: never
};

/// Reads the command line. Nothing if it was wrong or --help was asked for; then `exit_code` is 2 or 0 and the text was
/// printed.
[[nodiscard]] std::optional<Options> ParseOptions(int argc, char** argv, int& exit_code);

}  // namespace sample
