// Makes a bundle of a snapshot.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "libtrack/profile/profile.h"
#include "libtrack/support/result.h"
#include "libtrack/symbolize/symbolizer.h"

namespace mqtrack::bundle {

/// What went into a bundle.
struct Packed {
  struct File {
    std::string file;      // as recorded
    std::string build_id;  // its own
    bool is_debug = false;
    std::uint64_t bytes = 0;
  };
  struct LeftOut {
    std::string file, why;
  };
  std::vector<File> files;
  std::vector<LeftOut> left_out;
  std::uint64_t bytes = 0;  // of the archive
};

/// Writes `profile`, the files that its frames lie in, and their debug files as far as `options` finds them, each by
/// its build id, to `path`, with mode 0600. What would make it larger than OpenBundle accepts is left out.
[[nodiscard]] support::Result<Packed> WriteBundle(const profile::Profile& profile, const symbolize::Options& options,
                                                  const std::string& path);

}  // namespace mqtrack::bundle
