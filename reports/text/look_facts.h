// How a process was looked at.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

namespace mqtrack::reports {

struct LookFacts {
  std::int64_t stood_still_nanos = 0;
  bool cloned = true;          // else its memory was copied while it stood
  std::string why_not_cloned;  // if not
  std::string from_core = {};  // how the core file was written that was looked at instead; empty: none was
};

/// What LookWords tells, in five letters: "still" or "core ".
[[nodiscard]] std::string_view LookLabel(const LookFacts& look);
/// "0.61 ms", and how, if it was not cloned; of a core file how that was written.
[[nodiscard]] std::string LookWords(const LookFacts& look);
[[nodiscard]] nlohmann::ordered_json LookJson(const LookFacts& look);

}  // namespace mqtrack::reports
