#include "tests/golden/picture_golden.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "libtrack/support/file.h"

namespace mqtrack::testing {

void ExpectPictureGolden(const std::string& name, std::string picture) {
  for (std::size_t open = picture.find("<![CDATA["); open != std::string::npos; open = picture.find("<![CDATA[")) {
    const std::size_t close = picture.find("]]>", open);
    ASSERT_NE(close, std::string::npos);
    picture.replace(open, close + 3 - open, "…");
  }
  const std::string path = std::string(MQTRACK_SOURCE_DIR) + "/tests/golden/" + name;
  const char* update = std::getenv("MQTRACK_UPDATE_GOLDENS");
  if (update != nullptr && std::string(update) == "1") {
    const support::Status written = support::WriteFile(path, picture);
    ASSERT_TRUE(written.ok()) << written.error().ToString();
    return;
  }
  const support::Result<std::string> expected = support::ReadFile(path);
  ASSERT_TRUE(expected.ok()) << expected.error().ToString();
  EXPECT_EQ(*expected, picture) << "MQTRACK_UPDATE_GOLDENS=1 rewrites " << path;
}

}  // namespace mqtrack::testing
