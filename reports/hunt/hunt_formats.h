// What a hunt found, for programs: JSON (docs/json.md), JUnit XML, and GitHub's workflow commands.
#pragma once

#include <string>

#include "libtrack/hunt/hunt_result.h"

namespace mqtrack::reports {

[[nodiscard]] std::string RenderHuntJson(const hunt::HuntResult& result);
/// One case for each operation: a leak is a failure, a crash an error, what was not tried is skipped.
[[nodiscard]] std::string RenderHuntJunit(const hunt::HuntResult& result);
[[nodiscard]] std::string RenderHuntGithub(const hunt::HuntResult& result);

}  // namespace mqtrack::reports
