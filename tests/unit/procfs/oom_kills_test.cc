#include "libtrack/procfs/oom_kills.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/support/scratch_directory.h"

namespace mqtrack::procfs {
namespace {

constexpr char kKilled[] =
    "3,39,2000000,-;Memory cgroup out of memory: Killed process 4711 (mosquitto) total-vm:20kB, anon-rss:1kB\n SUBSYSTEM=x\n";

TEST(OomRecord, NamesAProcessAndHasATime) {
  std::int64_t time = 0;
  EXPECT_TRUE(IsOomRecord(kKilled, 4711, 1'000'000, time));
  EXPECT_EQ(time, 2'000'000);
  EXPECT_TRUE(IsOomRecord("3,1,5,-;Out of memory: Killed process 4711 (x) total-vm", 4711, 0, time));
}

TEST(OomRecord, OfAnotherProcessOrOfBeforeIsNone) {
  std::int64_t time = 0;
  EXPECT_FALSE(IsOomRecord(kKilled, 471, 0, time));
  EXPECT_FALSE(IsOomRecord(kKilled, 47110, 0, time));
  EXPECT_FALSE(IsOomRecord(kKilled, 4711, 3'000'000, time));
}

TEST(OomRecord, WhatAProcessCanHaveWrittenIsNotBelieved) {
  std::int64_t time = 0;
  // In a further line of a record, which can hold any name.
  EXPECT_FALSE(IsOomRecord("6,1,5,-;x\n Out of memory: Killed process 4711 (", 4711, 0, time));
  for (const char* record : {"", ";", ",,;", "1,2;Out of memory: Killed process 4711 (x)", "1,2,x,-;Out of memory: Killed process 4711 (x)"}) {
    EXPECT_FALSE(IsOomRecord(record, 4711, 0, time)) << record;
  }
}

class OomCountTest : public ::testing::Test {
 protected:
  void Write(const std::string& name, const std::string& content) const {
    const std::filesystem::path path = scratch_.File(name);
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << content;
  }
  std::optional<OomCount> Read() const { return ReadOomCount(7, scratch_.File("proc"), scratch_.File("cgroup")); }
  testing::ScratchDirectory scratch_;
};

TEST_F(OomCountTest, OfBothVersions) {
  Write("proc/7/cgroup", "0::/system.slice/broker.service\n");
  Write("cgroup/system.slice/broker.service/memory.events", "low 0\nhigh 0\nmax 12\noom 3\noom_kill 2\noom_group_kill 0\n");
  ASSERT_TRUE(Read());
  EXPECT_EQ(Read()->kills, 2u);
  EXPECT_EQ(Read()->group, "/system.slice/broker.service");
  Write("proc/7/cgroup", "9:memory:/box\n1:name=systemd:/x\n0::/\n");
  Write("cgroup/memory/box/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 5\n");
  ASSERT_TRUE(Read());
  EXPECT_EQ(Read()->kills, 5u);
}

TEST_F(OomCountTest, WhatCannotBeReadIsNotKnown) {
  EXPECT_FALSE(Read());
  Write("proc/7/cgroup", "0::/../elsewhere\n");
  EXPECT_FALSE(Read());
  Write("proc/7/cgroup", "0::/gone (deleted)\n");
  EXPECT_FALSE(Read());
  Write("proc/7/cgroup", "0::/\n");
  Write("cgroup/memory.events", "oom 1\n");
  EXPECT_FALSE(Read());
}

TEST(KernelLog, ThatMayNotBeReadTellsNothing) { EXPECT_FALSE(KernelLogTellsOfOom(1, 0, "/no/such/log")); }

}  // namespace
}  // namespace mqtrack::procfs
