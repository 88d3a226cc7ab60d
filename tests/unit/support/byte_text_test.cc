#include "libtrack/support/byte_text.h"

#include <gtest/gtest.h>

namespace mqtrack::support {
namespace {

// The examples of RFC 4648, 10.
TEST(Base64, IsThatOfTheStandard) {
  const std::pair<const char*, const char*> examples[] = {
      {"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"}, {"foob", "Zm9vYg=="}, {"foobar", "Zm9vYmFy"}};
  for (const auto& [bytes, text] : examples) {
    EXPECT_EQ(EncodeBase64(bytes), text);
    EXPECT_EQ(DecodeBase64(text), bytes);
  }
}

TEST(Base64, EveryByteComesBack) {
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
  for (std::size_t cut = 0; cut < 3; ++cut) {
    EXPECT_EQ(DecodeBase64(EncodeBase64(bytes.substr(cut))), bytes.substr(cut));
  }
}

TEST(Base64, WhatIsNoneEndsIt) {
  EXPECT_EQ(DecodeBase64("Zm9v\nYmFy"), "foo");
  EXPECT_EQ(DecodeBase64("Z"), "");
}

TEST(Hex, OfBytesAndBack) {
  EXPECT_EQ(EncodeHex(std::string("\x00\x9f\xff", 3)), "009fff");
  EXPECT_EQ(HexDigitValue('0'), 0);
  EXPECT_EQ(HexDigitValue('f'), 15);
  EXPECT_EQ(HexDigitValue('F'), 15);
  for (const char c : {'g', 'G', ' ', '/', ':', '\0', '\xff'}) EXPECT_EQ(HexDigitValue(c), -1);
}

}  // namespace
}  // namespace mqtrack::support
