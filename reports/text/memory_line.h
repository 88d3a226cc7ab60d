// What a comparison says of resident memory, which is what operators see, beside live heap blocks, which is what it
// counts.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "libtrack/analysis/side.h"

namespace mqtrack::reports {

/// One sentence without its full stop: by how much resident memory grew, whether that fits the growth of live heap
/// blocks, and what of it is neither theirs nor the service's. Empty unless both sides know it.
[[nodiscard]] std::string MemorySentence(const analysis::Memory& base, const analysis::Memory& newer);

/// The same as fields: only those that both sides know; null if there are none.
[[nodiscard]] nlohmann::ordered_json MemoryJson(const analysis::Memory& base, const analysis::Memory& newer);

}  // namespace mqtrack::reports
