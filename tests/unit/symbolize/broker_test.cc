// The distribution's own broker: stripped. Debian 12's exports a third of its functions, Debian 13's only what plugins call.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "libtrack/symbolize/frame_ranges.h"
#include "libtrack/symbolize/symbol_table.h"
#include "libtrack/symbolize/symbolizer.h"

namespace mqtrack::symbolize {
namespace {

using ::testing::MatchesRegex;

constexpr char kBroker[] = "/usr/sbin/mosquitto";

TEST(StockBroker, ExportedFunctionsHaveNamesAndStaticOnesTheirStart) {
  if (!std::filesystem::exists(kBroker)) GTEST_SKIP() << kBroker << " is not installed (package mosquitto)";
  const auto broker = ElfFile::Open(kBroker);
  ASSERT_TRUE(broker.ok());
  const FrameRanges frames(*broker);
  const SymbolTable symbols(*broker, nullptr, frames);
  if (symbols.source() != SymbolTable::Source::kDynamic) GTEST_SKIP() << "this broker is not stripped";
  // Every function of the broker, by its unwind entry: one address in its middle, and one further on.
  profile::Profile profile;
  profile.mappings = {
      {.start = 0x555500000000, .limit = 0x555500100000, .file = kBroker, .build_id = broker->build_id()}};
  std::uint64_t previous = 0;
  for (std::uint64_t vaddr = 0; vaddr < 0x100000; vaddr += 4) {
    const auto start = frames.StartOf(vaddr);
    if (!start || (*start == previous && vaddr % 64 != 0)) continue;
    previous = *start;
    profile.locations.push_back({.mapping = profile::MappingId{0}, .address = 0x555500000000 + vaddr, .lines = {}});
  }
  ASSERT_GT(profile.locations.size(), 1000u);
  const Report report = Symbolize(profile);
  EXPECT_LT(report.with_function, profile.locations.size());
  bool found_exported = false;
  std::size_t named = 0;
  for (const profile::Location& location : profile.locations) {
    const std::string& name = profile.function(location.lines.at(0).function).name;
    const std::uint64_t vaddr = location.address - 0x555500000000;
    const std::string_view symbol = symbols.Find(vaddr);
    if (symbol.empty()) {
      ASSERT_THAT(name, MatchesRegex("mosquitto\\+0x[0-9a-f]+"));
      ASSERT_EQ(std::stoull(name.substr(name.find('x') + 1), nullptr, 16), *frames.StartOf(vaddr));
    } else {
      ASSERT_EQ(name, symbol);
      ++named;
    }
    found_exported = found_exported || name == "mosquitto_log_printf";
  }
  EXPECT_TRUE(found_exported);
  EXPECT_EQ(report.with_function, named);
  ASSERT_EQ(report.notes.size(), 1u);
  EXPECT_THAT(report.notes[0].what, ::testing::HasSubstr(".dynsym only"));
}

}  // namespace
}  // namespace mqtrack::symbolize
