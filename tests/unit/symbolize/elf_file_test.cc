// Damaged and foreign files: an error or fewer names, never a crash and never a name from nowhere.
#include "libtrack/symbolize/elf_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <random>

#include "libtrack/support/file.h"
#include "libtrack/symbolize/symbolizer.h"
#include "tests/unit/symbolize/recorded_fixture.h"

namespace mqtrack::symbolize {
namespace {

using ::testing::HasSubstr;

std::string ReadFixture(const std::string& name) {
  support::Result<std::string> bytes = support::ReadFile(FixturePath(name));
  EXPECT_TRUE(bytes.ok());
  return std::move(bytes).value();
}

/// Symbolizes addresses all over the file at `path`, as if it were mapped whole; every location must get a line.
void SymbolizeEverywhere(const std::string& path) {
  profile::Profile profile;
  profile.mappings = {{.start = 0x400000, .limit = 0x420000, .file = path, .build_id = {}}};
  for (std::uint64_t address = 0x400000; address < 0x406000; address += 7) {
    profile.locations.push_back({.mapping = profile::MappingId{0}, .address = address, .lines = {}});
  }
  (void)Symbolize(profile);
  for (const profile::Location& location : profile.locations) ASSERT_FALSE(location.lines.empty());
}

class DamagedFile : public ::testing::Test {
 protected:
  DamagedFile() : path_(::testing::TempDir() + "mqtrack-damaged-" + std::to_string(::getpid())) {}
  ~DamagedFile() override { std::filesystem::remove(path_); }
  void Try(std::string_view bytes) {
    ASSERT_TRUE(support::WriteFile(path_, bytes).ok());
    SymbolizeEverywhere(path_);
  }
  std::string path_;
};

TEST_F(DamagedFile, TruncatedAnywhere) {
  const std::string whole = ReadFixture("inlined");
  for (std::size_t size = 0; size < whole.size(); size += whole.size() / 150 + 1) {
    Try(std::string_view(whole).substr(0, size));
  }
}

TEST_F(DamagedFile, BytesFlipped) {
  std::mt19937 random(20240229);
  for (const char* name : {"inlined", "plain_dwarf4", "stripped_pie", "plain_compressed"}) {
    const std::string whole = ReadFixture(name);
    for (int round = 0; round < 60; ++round) {
      std::string bytes = whole;
      for (int i = 0; i < 40; ++i) bytes[random() % bytes.size()] = static_cast<char>(random());
      // The identification stays, or most rounds would end there.
      bytes.replace(0, 16, whole, 0, 16);
      Try(bytes);
    }
  }
}

TEST_F(DamagedFile, Garbage) {
  std::mt19937 random(7);
  std::string bytes(20000, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  Try(bytes);
  bytes.replace(0, 7,
                "\x7f"
                "ELF\x02\x01\x01",
                7);
  Try(bytes);
}

TEST(ElfFile, SaysWhatIsWrong) {
  const auto text_of = [](const std::string& path) {
    const auto file = ElfFile::Open(path);
    return file.ok() ? std::string("opened") : file.error().ToString();
  };
  EXPECT_THAT(text_of("/nonexistent/x"), HasSubstr("/nonexistent/x: cannot open: No such file"));
  EXPECT_THAT(text_of("/"), HasSubstr("not a regular file"));
  EXPECT_THAT(text_of("/dev/zero"), HasSubstr("not a regular file"));
  EXPECT_THAT(text_of("/etc/passwd"), HasSubstr("not an ELF file"));
  EXPECT_EQ(text_of(FixturePath("plain_pie")), "opened");
}

TEST(ElfFile, ReadsTheBuildId) {
  EXPECT_EQ(ElfFile::Open(FixturePath("plain_pie"))->build_id().size(), 40u);
  EXPECT_EQ(ElfFile::Open(FixturePath("plain_no_build_id"))->build_id(), "");
}

}  // namespace
}  // namespace mqtrack::symbolize
