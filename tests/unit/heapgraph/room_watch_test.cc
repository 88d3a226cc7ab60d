// What a copy may cost, and what happens when memory runs short while there is one.
#include "libtrack/heapgraph/capture/room_watch.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>

namespace mqtrack::heapgraph {
namespace {

constexpr std::int64_t kMebibyte = 1 << 20;
constexpr CopyCost kCost{kMebibyte, 80 * kMebibyte, 500 * kMebibyte};  // needs 1 + 10 + 4 MiB

std::string Refusal(const CommitRoom& commit, std::int64_t left) {
  const support::Status room = CheckRoom(kCost, commit, {{"its control group /x", left}}, "broker");
  return room ? std::string() : room.error().ToString();
}

TEST(Headroom, TellsWhichLimitIsTooLow) {
  EXPECT_EQ(Refusal({}, 15 * kMebibyte), "");
  const std::string group = Refusal({}, 15 * kMebibyte - 1);
  EXPECT_NE(group.find("broker: a copy of it may take 15 MiB, and its control group /x has"), std::string::npos)
      << group;
  EXPECT_NE(Refusal({}, -5).find("has 0 B left"), std::string::npos) << "a group may use more than its limit";
}

TEST(Headroom, CountsEveryWritablePageWhereNothingIsPromisedTwice) {
  EXPECT_EQ(Refusal({true, 500 * kMebibyte}, 15 * kMebibyte), "");
  const std::string strict = Refusal({true, 500 * kMebibyte - 1}, 15 * kMebibyte);
  EXPECT_NE(strict.find("may take 500 MiB, and the machine (vm.overcommit_memory is 2) has"), std::string::npos)
      << strict;
  EXPECT_EQ(Refusal({false, 0}, 15 * kMebibyte), "");
}

TEST(RoomWatch, EndsTheCopyWhenMemoryRunsShort) {
  const pid_t copy = ::fork();
  if (copy == 0) {
    for (;;) ::pause();
  }
  std::atomic<std::int64_t> left = 10 * kMebibyte;
  const RoomWatch watch(
      copy, kMebibyte,
      [&] {
        return std::vector<MemoryLimit>{{"the machine", left}};
      },
      "broker");
  EXPECT_TRUE(watch.Check());
  EXPECT_EQ(::waitpid(copy, nullptr, WNOHANG), 0) << "it is not touched while there is room";
  left = kMebibyte / 2;
  int status = 0;
  ASSERT_EQ(::waitpid(copy, &status, 0), copy);
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
  while (watch.Check()) ::usleep(1000);
  EXPECT_NE(watch.Check().error().text.find("the machine has 512 KiB left"), std::string::npos)
      << watch.Check().error().text;
  EXPECT_EQ(watch.Check().error().code, support::ErrorCode::kCannotMeasure);
}

TEST(RoomWatch, TellsThatSomebodyElseEndedTheCopy) {
  const pid_t copy = ::fork();
  if (copy == 0) {
    for (;;) ::pause();
  }
  const RoomWatch watch(
      copy, kMebibyte, [] { return std::vector<MemoryLimit>{}; }, "broker");
  EXPECT_TRUE(watch.Check());
  ::kill(copy, SIGKILL);
  while (watch.Check()) ::usleep(1000);
  EXPECT_NE(watch.Check().error().text.find("most likely the kernel"), std::string::npos) << watch.Check().error().text;
  EXPECT_EQ(::waitpid(copy, nullptr, 0), copy);
}

TEST(RoomWatch, EndsWithoutHavingDoneAnything) {
  const pid_t copy = ::fork();
  if (copy == 0) {
    for (;;) ::pause();
  }
  {
    const RoomWatch watch(
        copy, kMebibyte, [] { return std::vector<MemoryLimit>{}; }, "broker");
  }
  EXPECT_EQ(::waitpid(copy, nullptr, WNOHANG), 0);
  ::kill(copy, SIGKILL);
  EXPECT_EQ(::waitpid(copy, nullptr, 0), copy);
}

}  // namespace
}  // namespace mqtrack::heapgraph
