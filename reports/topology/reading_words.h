// What a reader must know of the logs that a topology was made from: what of them could not be used, and why.
#pragma once

#include <string>
#include <vector>

#include "libtrack/topology/topology.h"

namespace mqtrack::reports {

/// "3 services and 4 calls between them, of 1,200 spans in 2 logs (1,204 lines), from … to …".
[[nodiscard]] std::string SizeWords(const topology::Topology& topology);

/// Sentences about losses; empty if everything was used. The first broken lines follow theirs, indented.
[[nodiscard]] std::vector<std::string> LossWords(const topology::Reading& reading);

/// A time in nanoseconds, or "-" where none was measured.
[[nodiscard]] std::string TimeText(std::int64_t nanos, std::int64_t count);

/// "12.3 times".
[[nodiscard]] std::string TimesText(double times);

}  // namespace mqtrack::reports
