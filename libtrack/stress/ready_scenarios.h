// Scenarios that come with the command, as the JSON that a user could have written.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace mqtrack::stress {

struct ReadyScenario {
  const char* name;
  const char* what;
  const char* json;  // CLIENTS, RATE and SECONDS stand for numbers
};

[[nodiscard]] const std::vector<ReadyScenario>& ReadyScenarios();

/// Its JSON with these numbers; empty if none is so called.
[[nodiscard]] std::string ReadyJson(const std::string& name, std::int64_t clients, std::int64_t rate,
                                    std::int64_t seconds);

}  // namespace mqtrack::stress
