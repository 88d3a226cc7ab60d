#include "libtrack/support/units.h"

#include <gtest/gtest.h>

#include <initializer_list>
#include <limits>

namespace mqtrack::support {
namespace {

constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kMin = std::numeric_limits<std::int64_t>::min();

TEST(FormatBytes, UsesPowersOf1024AndAtMostOneDecimal) {
  EXPECT_EQ(FormatBytes(0), "0 B");
  EXPECT_EQ(FormatBytes(512), "512 B");
  EXPECT_EQ(FormatBytes(1023), "1023 B");
  EXPECT_EQ(FormatBytes(1024), "1 KiB");
  EXPECT_EQ(FormatBytes(64 << 10), "64 KiB");
  EXPECT_EQ(FormatBytes(1536 << 10), "1.5 MiB");
  EXPECT_EQ(FormatBytes(-3435973837), "-3.2 GiB");
}

TEST(FormatBytes, NeverShows1024OfAUnit) {
  EXPECT_EQ(FormatBytes(1024 * 1024 - 1), "1 MiB");
  EXPECT_EQ(FormatBytes(1024 * 1023), "1023 KiB");
}

TEST(FormatBytes, HandlesTheExtremes) {
  EXPECT_EQ(FormatBytes(kMax), "8 EiB");
  EXPECT_EQ(FormatBytes(kMin), "-8 EiB");
}

TEST(FormatSignedBytes, SignsAllButZero) {
  EXPECT_EQ(FormatSignedBytes(1536 << 10), "+1.5 MiB");
  EXPECT_EQ(FormatSignedBytes(-12), "-12 B");
  EXPECT_EQ(FormatSignedBytes(0), "0 B");
}

TEST(FormatCount, GroupsThousands) {
  EXPECT_EQ(FormatCount(0), "0");
  EXPECT_EQ(FormatCount(999), "999");
  EXPECT_EQ(FormatCount(1000), "1,000");
  EXPECT_EQ(FormatCount(1234567), "1,234,567");
  EXPECT_EQ(FormatCount(-1234), "-1,234");
  EXPECT_EQ(FormatCount(kMin), "-9,223,372,036,854,775,808");
  EXPECT_EQ(FormatSignedCount(1234), "+1,234");
  EXPECT_EQ(FormatSignedCount(0), "0");
}

TEST(FormatValue, FollowsTheUnit) {
  EXPECT_EQ(FormatValue(2048, "bytes"), "2 KiB");
  EXPECT_EQ(FormatValue(2048, "count"), "2,048");
  EXPECT_EQ(FormatValue(1'200'000'000, "nanoseconds"), "1.2 s");
  EXPECT_EQ(FormatValue(350'000, "nanoseconds"), "350 us");
  EXPECT_EQ(FormatValue(0, "nanoseconds"), "0 ns");
  EXPECT_EQ(FormatValue(7, "messages"), "7 messages");
  EXPECT_EQ(FormatSignedValue(7, "messages"), "+7 messages");
}

TEST(FormatPercent, ShowsOneDecimal) {
  EXPECT_EQ(FormatPercent(975, 1000), "97.5 %");
  EXPECT_EQ(FormatPercent(1, 1000), "0.1 %");
  EXPECT_EQ(FormatPercent(1, 10000), "<0.1 %");
  EXPECT_EQ(FormatPercent(0, 10), "0.0 %");
  EXPECT_EQ(FormatPercent(5, 0), "-");
  EXPECT_EQ(FormatPercent(-1, 2), "-50.0 %");
}

TEST(FormatDuration, ShowsTheTwoLargestUnits) {
  EXPECT_EQ(FormatDuration(0), "0 s");
  EXPECT_EQ(FormatDuration(42), "42 s");
  EXPECT_EQ(FormatDuration(185), "3 min 5 s");
  EXPECT_EQ(FormatDuration(180), "3 min");
  EXPECT_EQ(FormatDuration(7800), "2 h 10 min");
  EXPECT_EQ(FormatDuration(12 * 86400 + 4 * 3600 + 59), "12 d 4 h");
}

TEST(ParseBytes, AcceptsEverySpelling) {
  EXPECT_EQ(*ParseBytes("0"), 0);
  EXPECT_EQ(*ParseBytes("4096"), 4096);
  EXPECT_EQ(*ParseBytes("4096B"), 4096);
  for (const char* text : {"64KiB", "64K", "64kB", "64kib", "64 KiB"}) EXPECT_EQ(*ParseBytes(text), 65536) << text;
  EXPECT_EQ(*ParseBytes("1.5MiB"), 1572864);
  EXPECT_EQ(*ParseBytes("2G"), std::int64_t{2} << 30);
  EXPECT_EQ(*ParseBytes("9223372036854775807"), kMax);
}

TEST(ParseBytes, RefusesTheRestAndShowsAnExample) {
  for (const char* text : {"", "-1", "+1", "KiB", "1.5", "1.", "1.KiB", "12X", "1KB2", "0x10", "1e3", "64  KiB",
                           "9223372036854775808", "8EiB", "99999999999999999999", "1.0000000001K", " 1"}) {
    const auto parsed = ParseBytes(text);
    ASSERT_FALSE(parsed.ok()) << text;
    EXPECT_NE(parsed.error().text.find("64KiB"), std::string::npos) << text;
  }
}

TEST(ParseBytes, ReadsBackWhatFormatBytesWrites) {
  for (const std::int64_t bytes : {0L, 1L, 1023L, 1024L, 65536L, 1572864L}) {
    EXPECT_EQ(*ParseBytes(FormatBytes(bytes)), bytes);
  }
}

TEST(ParseCount, TakesWholeNumbersOnly) {
  EXPECT_EQ(*ParseCount("20"), 20);
  for (const char* text : {"", "-1", "1.5", "20x", "9223372036854775808"}) EXPECT_FALSE(ParseCount(text).ok()) << text;
}

TEST(FormatUtc, IsReadableAndSortable) {
  EXPECT_EQ(FormatUtc(1'700'000'000'999'999'999), "2023-11-14 22:13:20 UTC");
  EXPECT_EQ(FormatUtc(0), "");
}

}  // namespace
}  // namespace mqtrack::support
