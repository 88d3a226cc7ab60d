// What the NEW arguments of `mqtrack gate` mean: each snapshot of a folder, or targets as they are.
#pragma once

#include <string>
#include <vector>

#include "libtrack/support/result.h"

namespace mqtrack::cli {

/// The targets to judge, folders replaced by the snapshots in them. Refused is what nobody can judge: a folder that is
/// empty or was not written to its end (also where a file of it is named), what is no regular file in it, and one file
/// that is named twice. `log_dir`: where a recorded process is looked for that has the name of an empty folder.
[[nodiscard]] support::Result<std::vector<std::string>> GateTargets(const std::vector<std::string>& named,
                                                                    const std::string& log_dir);

}  // namespace mqtrack::cli
