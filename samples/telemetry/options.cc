#include "samples/telemetry/options.h"

#include <getopt.h>

#include <charconv>
#include <cstdio>
#include <limits>
#include <string_view>

#include "samples/telemetry/leaks/leak.h"

namespace sample {
namespace {

constexpr char kHelp[] =
    "Usage: telemetry [options]\n"
    "Subscribes to telemetry/# and keeps statistics. With --leak it also makes one classic mistake.\n\n"
    "  --leak NAME          %s (default none)\n"
    "  --repaired           do the same work without the mistake\n"
    "  --host HOST          of the broker (default 127.0.0.1)\n"
    "  --port PORT          of the broker (default 1883)\n"
    "  --messages N         end after N readings (default: never)\n"
    "  --stay               go on serving after --messages\n"
    "  --come-back          connect again when the connection is lost\n"
    "  --duration SECONDS   end after this time (default: never)\n"
    "  --report-every N     readings between two status lines (default 100)\n"
    "  --busy-threads N     threads that allocate without pause, beside the service (default 0)\n"
    "  --reconnect-every N  renew the connection after every N readings (default: never; 20 for --leak=subscription)\n";

constexpr option kLongOptions[] = {{"leak", required_argument, nullptr, 'l'},
                                   {"repaired", no_argument, nullptr, 'R'},
                                   {"host", required_argument, nullptr, 'h'},
                                   {"port", required_argument, nullptr, 'p'},
                                   {"messages", required_argument, nullptr, 'm'},
                                   {"busy-threads", required_argument, nullptr, 'b'},
                                   {"stay", no_argument, nullptr, 's'},
                                   {"come-back", no_argument, nullptr, 'B'},
                                   {"duration", required_argument, nullptr, 'd'},
                                   {"report-every", required_argument, nullptr, 'r'},
                                   {"reconnect-every", required_argument, nullptr, 'c'},
                                   {"help", no_argument, nullptr, 'H'},
                                   {nullptr, 0, nullptr, 0}};

template <typename Number>
bool ParseNumber(std::string_view text, Number lowest, Number highest, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc{} && end == text.data() + text.size() && number >= lowest && number <= highest) return true;
  std::fprintf(stderr, "telemetry: '%.*s' is not a number in the allowed range\n", static_cast<int>(text.size()),
               text.data());
  return false;
}

bool Apply(int letter, const char* value, Options& options) {
  constexpr auto kMost = std::numeric_limits<std::uint64_t>::max();
  switch (letter) {
    case 'l':
      options.leak = value;
      return true;
    case 'R':
      options.repaired = true;
      return true;
    case 'h':
      options.host = value;
      return true;
    case 'p':
      return ParseNumber(value, 1, 65535, options.port);
    case 'm':
      return ParseNumber<std::uint64_t>(value, 1, kMost, options.messages);
    case 'b':
      return ParseNumber(value, 0, 1000, options.busy_threads);
    case 's':
      options.stay = true;
      return true;
    case 'B':
      options.come_back = true;
      return true;
    case 'd':
      return ParseNumber(value, 1, std::numeric_limits<int>::max(), options.duration_seconds);
    case 'r':
      return ParseNumber<std::uint64_t>(value, 1, kMost, options.report_every);
    case 'c':
      return ParseNumber<std::uint64_t>(value, 1, kMost, options.reconnect_every);
    default:
      return false;
  }
}

}  // namespace

std::optional<Options> ParseOptions(int argc, char** argv, int& exit_code) {
  Options options;
  exit_code = 2;
  for (int letter; (letter = getopt_long(argc, argv, "", kLongOptions, nullptr)) != -1;) {
    if (letter == 'H') {
      std::printf(kHelp, kLeakNames);
      exit_code = 0;
      return std::nullopt;
    }
    if (!Apply(letter, optarg, options)) return std::nullopt;
  }
  if (optind < argc) {
    std::fprintf(stderr, "telemetry: unexpected argument '%s'; see --help\n", argv[optind]);
    return std::nullopt;
  }
  if (options.leak == "subscription" && options.reconnect_every == 0) options.reconnect_every = 20;
  return options;
}

}  // namespace sample
