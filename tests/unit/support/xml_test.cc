#include "libtrack/support/xml.h"

#include <gtest/gtest.h>

namespace mqtrack::support {
namespace {

TEST(EscapeXmlTest, EscapesAllFiveCharacters) {
  EXPECT_EQ(EscapeXml("<a href=\"x\" b='y'>&"), "&lt;a href=&quot;x&quot; b=&#39;y&#39;&gt;&amp;");
  EXPECT_EQ(EscapeXml("]]>"), "]]&gt;");
}

}  // namespace
}  // namespace mqtrack::support
