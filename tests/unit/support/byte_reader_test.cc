#include "libtrack/support/byte_reader.h"

#include <gtest/gtest.h>

namespace mqtrack::support {
namespace {

using std::string_literals::operator""s;

TEST(ByteReader, ReadsLittleEndian) {
  const std::string bytes = "\x01\x02\x03\x04\x05\x06\x07\x08\xff"s;
  ByteReader reader(bytes);
  EXPECT_EQ(reader.Read<std::uint16_t>(), 0x0201);
  EXPECT_EQ(reader.Read<std::uint32_t>(), 0x06050403u);
  EXPECT_EQ(reader.offset(), 6u);
  EXPECT_EQ(reader.ReadBytes(2), "\x07\x08");
  EXPECT_EQ(reader.Read<std::int8_t>(), -1);
  EXPECT_TRUE(reader.ok());
  EXPECT_EQ(reader.remaining(), 0u);
}

TEST(ByteReader, FailsOnceAndForAll) {
  ByteReader reader("abc", "x.log");
  EXPECT_EQ(reader.Read<std::uint64_t>(), 0u);
  EXPECT_FALSE(reader.ok());
  EXPECT_EQ(reader.Read<std::uint8_t>(), 0);  // it would fit, but what precedes did not
  EXPECT_EQ(reader.error().ToString(), "x.log: truncated: 8 bytes expected at offset 0, 3 found");
}

TEST(ByteReader, SizesNearTheLimitDoNotWrap) {
  ByteReader reader("abcd");
  (void)reader.ReadBytes(2);
  EXPECT_TRUE(reader.ReadBytes(~std::size_t{0}).empty());
  EXPECT_FALSE(reader.ok());
}

TEST(ByteReader, SeeksWithinTheBuffer) {
  ByteReader reader("abcd");
  reader.Seek(3);
  EXPECT_EQ(reader.Read<char>(), 'd');
  reader.Seek(4);
  EXPECT_TRUE(reader.ok());
  reader.Seek(5);
  EXPECT_FALSE(reader.ok());
}

}  // namespace
}  // namespace mqtrack::support
