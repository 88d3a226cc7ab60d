// What `mqtrack` alone prints: where to begin.
#pragma once

#include <string>

namespace mqtrack::cli {

/// The five steps with examples, and the verbs.
[[nodiscard]] std::string Orientation();

}  // namespace mqtrack::cli
