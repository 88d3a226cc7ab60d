// What the JSON of peeks and listings begins with.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

#include "libtrack/analysis/side.h"
#include "libtrack/profile/profile.h"
#include "reports/code/code_options.h"

namespace mqtrack::reports {

[[nodiscard]] nlohmann::ordered_json CodeJsonHead(const char* schema, const profile::ValueType& type,
                                                  std::int64_t total, const analysis::Side& side,
                                                  const CodeOptions& options);

/// `json` as text, with what is no UTF-8 replaced.
[[nodiscard]] std::string CodeJsonText(const nlohmann::ordered_json& json);

}  // namespace mqtrack::reports
