#include "libtrack/threads/sampled_registers.h"

#include <gtest/gtest.h>
#include <linux/perf_event.h>

#include <bit>
#include <vector>

namespace mqtrack::threads {
namespace {

// Registers of perf and of DWARF have different numbers: each value must come out once, and the stack's and the code's
// address among them.
TEST(SampledRegisters, EachValueHasItsPlace) {
  const auto count = static_cast<std::size_t>(std::popcount(SampledRegisterMask()));
  std::vector<std::uint64_t> values;
  for (std::size_t i = 0; i < count; ++i) values.push_back(1000 + i);
  const auto registers = RegistersOfSample(PERF_SAMPLE_REGS_ABI_64, values);
  ASSERT_TRUE(registers);
  std::vector<int> seen(count);
  for (int number = 0; registers->ByDwarfNumber(number); ++number) {
    const std::uint64_t value = *registers->ByDwarfNumber(number);
    ASSERT_GE(value, 1000u);
    ASSERT_LT(value, 1000 + count);
    ++seen[value - 1000];
  }
  EXPECT_EQ(seen, std::vector<int>(count, 1));
  EXPECT_NE(registers->pc(), registers->sp());
  EXPECT_FALSE(registers->InterruptedCall());
}

TEST(SampledRegisters, OthersAreRefused) {
  const std::vector<std::uint64_t> values(static_cast<std::size_t>(std::popcount(SampledRegisterMask())));
  EXPECT_FALSE(RegistersOfSample(PERF_SAMPLE_REGS_ABI_32, values));
  EXPECT_FALSE(RegistersOfSample(PERF_SAMPLE_REGS_ABI_NONE, {}));
  EXPECT_FALSE(RegistersOfSample(PERF_SAMPLE_REGS_ABI_64, std::span(values).first(values.size() - 1)));
}

}  // namespace
}  // namespace mqtrack::threads
