// Source lines of functions with what each holds, for people.
#pragma once

#include <string>
#include <vector>

#include "libtrack/analysis/code/source_lines.h"
#include "reports/code/code_options.h"

namespace mqtrack::reports {

/// `sources` is parallel to the functions of `lines`, as far as it goes.
[[nodiscard]] std::string RenderListingText(const analysis::SourceLines& lines, const std::vector<FoundSource>& sources,
                                            const CodeOptions& options);

}  // namespace mqtrack::reports
