// Reads the logs of many services at once, in the order in which their lines were written.
#pragma once

#include <string>
#include <vector>

#include "libtrack/support/result.h"
#include "libtrack/topology/field_names.h"
#include "libtrack/topology/topology.h"
#include "libtrack/topology/topology_builder.h"

namespace mqtrack::topology {

struct ReadOptions {
  FieldNames names;
  std::size_t window = kDefaultWindow;  // spans
};

/// `paths` may be compressed by gzip; "-" is standard input. A file that cannot be opened is an error, and so is what
/// holds no span at all (kCannotMeasure). Lines that cannot be used are counted.
[[nodiscard]] support::Result<Topology> ReadLogs(const std::vector<std::string>& paths, const ReadOptions& options);

/// As ReadLogs, of text in memory.
[[nodiscard]] Topology ReadText(std::string_view text, const ReadOptions& options);

}  // namespace mqtrack::topology
