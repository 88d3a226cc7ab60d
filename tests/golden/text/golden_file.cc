#include "tests/golden/text/golden_file.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "libtrack/support/file.h"

namespace mqtrack::testing {

void ExpectGolden(const std::string& name, const std::string& actual) {
  const std::string path = std::string(MQTRACK_SOURCE_DIR) + "/tests/golden/text/expected/" + name;
  const char* update = std::getenv("MQTRACK_UPDATE_GOLDENS");
  if (update != nullptr && std::string(update) == "1") {
    const auto written = support::WriteFile(path, actual);
    ASSERT_TRUE(written.ok()) << written.error().ToString();
    return;
  }
  const auto expected = support::ReadFile(path);
  ASSERT_TRUE(expected.ok()) << expected.error().ToString();
  EXPECT_EQ(*expected, actual) << "MQTRACK_UPDATE_GOLDENS=1 rewrites " << path;
}

}  // namespace mqtrack::testing
