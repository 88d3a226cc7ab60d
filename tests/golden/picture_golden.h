// Goldens of pictures. MQTRACK_UPDATE_GOLDENS=1 rewrites the files instead of comparing; look at the diff, and at the
// pictures themselves.
#pragma once

#include <string>

namespace mqtrack::testing {

/// Expects `picture` to equal tests/golden/<name>. Embedded style and script are left out of the golden: they are
/// checked-in files themselves, and tested in a browser.
void ExpectPictureGolden(const std::string& name, std::string picture);

}  // namespace mqtrack::testing
