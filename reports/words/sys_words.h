// What a broker says of itself below $SYS, in words and as fields.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "libtrack/analysis/side.h"

namespace mqtrack::reports {

/// "20,000 stored messages (+18,000), 4 MiB of them (+3.5 MiB), 12 subscriptions": changes only where `before` knows
/// them. Empty if `now` knows nothing.
[[nodiscard]] std::string SysWords(const analysis::SysFigures& now, const analysis::SysFigures& before);

/// How far stored messages explain by how much live heap blocks grew; empty unless both sides know, and it grew.
[[nodiscard]] std::string SysExplains(const analysis::Side& base, const analysis::Side& newer);

/// Each figure that is known, "base_" before those of `before`; null if there are none.
[[nodiscard]] nlohmann::ordered_json SysJson(const analysis::SysFigures& now, const analysis::SysFigures& before);

}  // namespace mqtrack::reports
