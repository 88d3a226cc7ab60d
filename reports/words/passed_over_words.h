// What reports say of functions that a row could have been named after, and was not.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "libtrack/analysis/culprit/wrapper_list.h"

namespace mqtrack::reports {

/// "nni_zalloc was passed over: it passes on what 31 functions ask for (…)." Empty where `layers` is.
[[nodiscard]] std::string PassedOverSentence(const std::vector<analysis::AllocationLayer>& layers);

/// [{"function": "nni_zalloc", "callers": 31}]
[[nodiscard]] nlohmann::ordered_json PassedOverJson(const std::vector<analysis::AllocationLayer>& layers);

}  // namespace mqtrack::reports
