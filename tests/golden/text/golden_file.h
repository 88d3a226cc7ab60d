// Compares an output with a checked-in file. MQTRACK_UPDATE_GOLDENS=1 rewrites the files instead; look at the diff.
#pragma once

#include <string>

namespace mqtrack::testing {

/// Expects `actual` to equal tests/golden/text/expected/<name>.
void ExpectGolden(const std::string& name, const std::string& actual);

}  // namespace mqtrack::testing
