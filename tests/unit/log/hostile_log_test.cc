// Damaged logs: whatever is in the file, the reader answers with content or with one sentence, and never crashes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>

#include "libtrack/log/reader.h"
#include "libtrack/support/check.h"
#include "tests/support/log_builder.h"

namespace mqtrack::log {
namespace {

using support::ErrorCode;
using support::Result;
using ::testing::AllOf;
using ::testing::HasSubstr;
using testing::LogBuilder;
using ::testing::Not;

// Through a memory file: thousands of variants, no disk.
Result<LogContent> ReadBytes(const std::string& bytes) {
  const support::FileHandle file(::memfd_create("log", MFD_CLOEXEC));
  TRACK_CHECK(file.valid(), "memfd_create");
  const ssize_t written = ::write(file.get(), bytes.data(), bytes.size());
  TRACK_CHECK(written == static_cast<ssize_t>(bytes.size()), "write");
  const std::string path = "/proc/self/fd/" + std::to_string(file.get());
  const Result<LogReader> reader = LogReader::Open(path, support::MappedFile::Access::kRead);
  if (!reader) return reader.error();
  return reader->Read(false);
}

// One short sentence that a terminal can show.
void ExpectSentence(const support::Error& error) {
  EXPECT_FALSE(error.text.empty());
  EXPECT_LT(error.text.size(), 400u);
  EXPECT_THAT(error.text, Not(HasSubstr("\n")));
}

LogBuilder Sample() {
  LogBuilder builder({.level_buckets = {8, 16}, .index_entries = 512, .arena_bytes = 4096, .module_capacity = 7});
  builder.AddModule(0x1000, 0x9000, 0x1000, "/usr/sbin/broker", true, "0123456789");
  const LabelsId labels = builder.AddLabels({{LabelKey::kThread, "io"}, {LabelKey::kMqttTopic, "a/b"}});
  for (std::uint64_t i = 0; i < 12; ++i) {
    const StackId stack = builder.AddStack({0x1100 + 16 * i, 0x2000, 0x3000}, 0, i, 10 * i);
    builder.Insert(Kind::kHeapBlock, 0x7f0000 + 64 * i, 10 + i, stack, labels, static_cast<std::uint32_t>(i % 3));
  }
  return builder;
}

TEST(HostileLog, TruncatedAtAnyLength) {
  LogBuilder builder = Sample();
  const std::string whole = builder.Bytes();
  ASSERT_TRUE(ReadBytes(whole)) << ReadBytes(whole).error().ToString();
  for (std::size_t length = 0; length < whole.size(); length += length < 256 ? 1 : 509) {
    const auto content = ReadBytes(whole.substr(0, length));
    ASSERT_FALSE(content) << length;
    ExpectSentence(content.error());
  }
}

TEST(HostileLog, SaysOffsetExpectedAndFoundWhenTruncated) {
  LogBuilder builder = Sample();
  const auto content = ReadBytes(builder.Bytes().substr(0, kHeaderBytes + 4096));
  ASSERT_FALSE(content);
  EXPECT_EQ(content.error().code, ErrorCode::kBadInput);
  EXPECT_THAT(content.error().text, AllOf(HasSubstr("truncated at offset 16"), HasSubstr("found 36864")));
}

TEST(HostileLog, AnyBitOfTheHeaderFlipped) {
  LogBuilder builder = Sample();
  std::string bytes = builder.Bytes();
  const std::size_t fields_end = offsetof(Header, segments) + 6 * sizeof(Segment);
  std::size_t refused = 0;
  for (std::size_t at = 0; at < fields_end; ++at) {
    const bool text = at >= offsetof(Header, exe) + 8 && at < offsetof(Header, cmdline_bytes);
    if (text && at % 64 != 0) continue;  // any text is right
    for (int bit = 0; bit < 8; ++bit) {
      bytes[at] = static_cast<char>(bytes[at] ^ (1 << bit));
      const auto content = ReadBytes(bytes);
      if (!content) ExpectSentence(content.error()), ++refused;
      bytes[at] = static_cast<char>(bytes[at] ^ (1 << bit));
    }
  }
  EXPECT_GT(refused, 500u) << "magic, version, sizes and the directory are checked";
}

TEST(HostileLog, AnyWordOfTheTablesReplaced) {
  LogBuilder builder = Sample();
  const std::string whole = builder.Bytes();
  std::size_t refused = 0;
  for (std::size_t at = kHeaderBytes; at + 8 <= whole.size(); at += 8) {
    for (const std::uint64_t value : {std::uint64_t{1}, std::uint64_t{0x7fffffff}, ~std::uint64_t{0}}) {
      std::string bytes = whole;
      bytes.replace(at, 8, reinterpret_cast<const char*>(&value), 8);
      const auto content = ReadBytes(bytes);
      if (!content) ExpectSentence(content.error()), ++refused;
    }
  }
  EXPECT_GT(refused, 500u);
}

TEST(HostileLog, OverlappingSegmentsAreRefused) {
  LogBuilder builder = Sample();
  builder.header().segments[1].offset = builder.header().segments[0].offset;
  const auto content = ReadBytes(builder.Bytes());
  ASSERT_FALSE(content);
  EXPECT_THAT(content.error().text, HasSubstr("overlap"));
}

TEST(HostileLog, ASegmentBeyondTheFileIsRefused) {
  LogBuilder builder = Sample();
  builder.header().segments[0].bytes = ~std::uint64_t{0} - 4095;
  const auto content = ReadBytes(builder.Bytes());
  ASSERT_FALSE(content);
  EXPECT_THAT(content.error().text, HasSubstr("segment size at offset"));
}

TEST(HostileLog, AStackIdOutsideTheArenaIsRefused) {
  LogBuilder builder = Sample();
  builder.Insert(Kind::kHeapBlock, 0x1230000, 1, static_cast<StackId>(2));
  const auto content = ReadBytes(builder.Bytes());
  ASSERT_FALSE(content);
  EXPECT_THAT(content.error().text, HasSubstr("reference to a stack at offset 16"));
}

TEST(HostileLog, AStackDeeperThanItsArenaIsRefused) {
  LogBuilder builder = Sample();
  const StackId last = builder.AddStack({1, 2, 3});
  builder.At<StackRecord>(static_cast<std::uint32_t>(last) * kArenaAlign).depth = kMaxFrames + 1;
  const auto content = ReadBytes(builder.Bytes());
  ASSERT_FALSE(content);
  EXPECT_THAT(content.error().text, HasSubstr("depth of a stack at offset"));
}

TEST(HostileLog, OtherFilesAreNamedForWhatTheyAreNot) {
  for (const std::string& bytes : {std::string("\x1f\x8b\x08 not a log at all"), std::string(100'000, 'x')}) {
    const auto content = ReadBytes(bytes);
    ASSERT_FALSE(content);
    EXPECT_EQ(content.error().code, ErrorCode::kBadInput);
    EXPECT_THAT(content.error().text, HasSubstr("not a log of mqtrack"));
  }
}

}  // namespace
}  // namespace mqtrack::log
