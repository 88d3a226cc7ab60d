// Where in a file a profile begins, and of what kind it is.
#pragma once

#include <cstddef>
#include <string_view>

#include "libtrack/profile/formats/load.h"

namespace mqtrack::profile {

struct Recognised {
  Format format = Format::kUnknown;
  std::size_t offset = 0;        // of its first line
  std::size_t lines_before = 0;  // the lines before that, which the program or the allocator printed
};

/// `bytes` are not compressed.
[[nodiscard]] Recognised Recognise(std::string_view bytes);

}  // namespace mqtrack::profile
