#include "libtrack/cpu/event_ring.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include <array>

#include "libtrack/support/file.h"
#include "tests/support/child_process.h"

namespace mqtrack::cpu {
namespace {

using testing::ChildProcess;

constexpr std::size_t kMebibyte = 1024 * 1024;

/// Two rings of files that take an event's place, with room in memory for so many bytes more. 0: both have the size
/// that is expected; 100: none came, and which limit to raise is told.
int RingsWithRoomFor(std::size_t bytes, std::size_t expected) {
  const std::array files = {support::FileHandle(::memfd_create("a", 0)), support::FileHandle(::memfd_create("b", 0))};
  const std::array events = {files[0].get(), files[1].get()};
  // Of the address space, so the kernel refuses what the limit of locked memory would.
  const auto used = support::ReadFile("/proc/self/statm");
  const std::size_t pages = used ? std::stoull(*used) : 0;
  const rlimit limit{pages * 4096 + bytes, RLIM_INFINITY};
  if (::setrlimit(RLIMIT_AS, &limit) != 0) return 1;
  const auto rings = MapRings(events);
  if (!rings) return rings.error().text.find("ulimit -l") == std::string::npos ? 2 : 100;
  if (rings->size() != 2) return 3;
  return (*rings)[0].size() == expected && (*rings)[1].size() == expected ? 0 : 4;
}

int ResultOf(std::size_t bytes, std::size_t expected) {
  const ChildProcess child([=] { return RingsWithRoomFor(bytes, expected); });
  siginfo_t info{};
  ::waitid(P_PID, static_cast<id_t>(child.pid()), &info, WEXITED | WNOWAIT);
  return info.si_status;
}

// A greedy first one would leave the second with less, whose samples were lost then.
TEST(EventRing, AllHaveOneSize) {
  EXPECT_EQ(ResultOf(64 * kMebibyte, 2 * kMebibyte), 0);
  EXPECT_EQ(ResultOf(3 * kMebibyte, kMebibyte / 2), 0);
}

TEST(EventRing, WhatMayNotBeLockedIsToldWithItsLimit) { EXPECT_EQ(ResultOf(64 * 1024, 0), 100); }

}  // namespace
}  // namespace mqtrack::cpu
