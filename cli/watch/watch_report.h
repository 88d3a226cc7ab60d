// A look as text that stays: a line for each process, or one line of JSON (schema "mqtrack-watch/1", docs/json.md).
#pragma once

#include <cstddef>
#include <string>

#include "cli/watch/watch_round.h"
#include "libtrack/analysis/culprit/wrapper_list.h"

namespace mqtrack::cli {

/// "12:30:05 mosquitto 4711 alive: live bytes 1.2 MiB (+3 KiB, +2.1 MiB/h), …; 1 leak; most: F +3 KiB", one line each.
[[nodiscard]] std::string WatchText(const WatchRound& round, const analysis::WrapperList& wrappers);

/// One line. `sites`: at most so many of each process.
[[nodiscard]] std::string WatchJson(const WatchRound& round, const analysis::WrapperList& wrappers, std::size_t sites);

}  // namespace mqtrack::cli
