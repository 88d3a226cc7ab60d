// Recorded processes whose figures are not in a profile, though they belong to the same run or tree: facts of the one
// that is, so that nobody takes a shell's figures for those of the service that it started.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "libtrack/profile/profile.h"

namespace mqtrack::analysis {

struct ElsewhereProcess {
  std::string name;                            // "svc (pid 4711)"
  std::map<std::string, std::int64_t> totals;  // by sample type; empty: not looked into
};

/// "svc (pid 4711): inuse_space=466944,inuse_objects=57": the value of a fact "elsewhere". Totals are those that the
/// gate would judge; cumulative types are left out.
[[nodiscard]] std::string ElsewhereFact(const std::string& name, const profile::Profile& profile);

/// The facts "elsewhere" of a profile, in order.
[[nodiscard]] std::vector<ElsewhereProcess> Elsewhere(const profile::Profile& profile);

}  // namespace mqtrack::analysis
