// The call graph with pprof's conventions: nodes sized by self value, edges by what flows through them.
#pragma once

#include <string>

#include "libtrack/analysis/culprit/wrapper_list.h"
#include "libtrack/profile/profile.h"
#include "libtrack/support/result.h"

namespace mqtrack::reports {

struct GraphOptions {
  std::string title;
  std::string kept;      // as in FlameOptions
  std::string verdicts;  // likewise
  std::string sample_type;
  int max_nodes = 80;
  double node_fraction = 0.005, edge_fraction = 0.001;
};

[[nodiscard]] support::Result<std::string> RenderDot(const profile::Profile& profile, const profile::Profile* base,
                                                     const analysis::WrapperList& wrappers,
                                                     const GraphOptions& options);

}  // namespace mqtrack::reports
