// Who holds whom, as a graph for Graphviz: boxes are owners and sorts of objects, edges are as wide as what is held.
#pragma once

#include <string>

#include "libtrack/profile/profile.h"
#include "libtrack/support/result.h"
#include "reports/holders/holders_options.h"

namespace mqtrack::reports {

/// `profile` is a reference profile. Of more than options.max_nodes boxes the lightest are one box for each holder.
[[nodiscard]] support::Result<std::string> RenderHoldersDot(const profile::Profile& profile,
                                                            const HoldersOptions& options);

}  // namespace mqtrack::reports
