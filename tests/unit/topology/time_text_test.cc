#include "libtrack/topology/time_text.h"

#include <gtest/gtest.h>

#include "libtrack/topology/span_record.h"

namespace mqtrack::topology {
namespace {

constexpr std::int64_t kTime = 1'790'000'000'000'000'000;  // 2026-09-21T14:13:20Z

TEST(TimeText, TheSizeOfANumberSaysItsUnit) {
  EXPECT_EQ(ParseTime("1790000000"), kTime);
  EXPECT_EQ(ParseTime("1790000000000"), kTime);
  EXPECT_EQ(ParseTime("1790000000000000"), kTime);
  EXPECT_EQ(ParseTime("1790000000000000000"), kTime);
  EXPECT_NEAR(static_cast<double>(NumberTime(1790000000.25) - kTime), 0.25e9, 500);
  EXPECT_NEAR(static_cast<double>(NumberTime(1790000000000.5) - kTime), 0.5e6, 500);
}

TEST(TimeText, Rfc3339) {
  for (const char* text : {"2026-09-21T14:13:20Z", "2026-09-21 14:13:20", "2026-09-21T16:13:20+02:00",
                           "2026-09-21T16:13:20+0200", "2026-09-21t10:13:20.000000000-04:00"})
    EXPECT_EQ(ParseTime(text), kTime) << text;
  EXPECT_EQ(ParseTime("2026-09-21T14:13:20.123456789123Z"), kTime + 123456789);
  EXPECT_EQ(ParseTime("1970-01-01T00:00:00Z"), 0);
  EXPECT_EQ(ParseTime("2024-02-29T00:00:00Z"), 1709164800'000'000'000);
}

TEST(TimeText, AnythingElseIsNoTime) {
  for (const char* text : {"", "yesterday", "-5", "0", "2026-13-01T00:00:00Z", "2026-09-21", "2026-09-21T14:13:20Zx",
                           "nan", "inf", "9e99", "2026-09-21T14:13:20+2", "99999999999999999999999"})
    EXPECT_EQ(ParseTime(text), kUnknownTime) << text;
  EXPECT_EQ(NumberTime(-1.0), kUnknownTime);
  EXPECT_EQ(NumberTime(1e300), kUnknownTime);
}

TEST(TimeText, Durations) {
  EXPECT_EQ(ParseSpanDuration("1.5s", 1), 1'500'000'000);
  EXPECT_EQ(ParseSpanDuration("20ms", 1), 20'000'000);
  EXPECT_EQ(ParseSpanDuration("7\xC2\xB5s", 1), 7'000);
  EXPECT_EQ(ParseSpanDuration("1m2.5s", 1), 62'500'000'000);
  EXPECT_EQ(ParseSpanDuration("12 ms", 1), 12'000'000);
  EXPECT_EQ(ParseSpanDuration("12", 1000), 12'000);
  for (const char* text : {"", "ms", "-5ms", "1.5 weeks", "1e300s", "nan"})
    EXPECT_EQ(ParseSpanDuration(text, 1), kUnknownTime) << text;
  EXPECT_EQ(ScaledDuration(-1, 1), kUnknownTime);
}

}  // namespace
}  // namespace mqtrack::topology
