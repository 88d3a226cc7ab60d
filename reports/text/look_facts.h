// How a running process was looked at.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>

namespace mqtrack::reports {

struct LookFacts {
  std::int64_t stood_still_nanos = 0;
  bool cloned = true;          // else its memory was copied while it stood
  std::string why_not_cloned;  // if not
};

/// "0.61 ms", and how, if it was not cloned.
[[nodiscard]] std::string LookWords(const LookFacts& look);
[[nodiscard]] nlohmann::ordered_json LookJson(const LookFacts& look);

}  // namespace mqtrack::reports
