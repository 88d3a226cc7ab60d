#include "libtrack/procfs/memory_room.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/support/scratch_directory.h"

namespace mqtrack::procfs {
namespace {

class MemoryRoomTest : public ::testing::Test {
 protected:
  void Write(const std::string& file, const std::string& content) {
    const std::filesystem::path path = root_.path() + "/" + file;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << content;
  }
  [[nodiscard]] std::optional<MemoryRoom> Read() const {
    return ReadMemoryRoom(7, root_.path() + "/proc", root_.path() + "/cgroup");
  }
  testing::ScratchDirectory root_;
};

TEST_F(MemoryRoomTest, AUnitsLimitIsItsControlGroups) {
  Write("proc/meminfo", "MemTotal: 8 kB\nMemAvailable:    1048576 kB\n");
  Write("proc/7/cgroup", "0::/system.slice/mosquitto.service\n");
  Write("cgroup/system.slice/mosquitto.service/memory.max", "104857600\n");
  Write("cgroup/system.slice/mosquitto.service/memory.current", "4857600\n");
  Write("cgroup/system.slice/memory.max", "max\n");
  Write("cgroup/system.slice/memory.current", "1\n");
  EXPECT_EQ(Read()->bytes, 100'000'000u);
  EXPECT_EQ(Read()->limit, "cgroup /system.slice/mosquitto.service");
}

TEST_F(MemoryRoomTest, TheTightestOfAllCounts) {
  Write("proc/meminfo", "MemAvailable:    1048576 kB\n");
  Write("proc/7/cgroup", "1:name=old:/x\n0::/a/b\n");
  Write("cgroup/a/b/memory.max", "max\n");
  Write("cgroup/a/b/memory.current", "5\n");
  Write("cgroup/a/memory.max", "1000\n");
  Write("cgroup/a/memory.current", "2000\n");
  EXPECT_EQ(Read()->bytes, 0u);
  EXPECT_EQ(Read()->limit, "cgroup /a");
}

TEST_F(MemoryRoomTest, WithoutGroupsItIsTheMachine) {
  EXPECT_FALSE(Read());
  Write("proc/meminfo", "MemAvailable:    1024 kB\n");
  EXPECT_EQ(Read()->limit, "the machine");
  Write("proc/7/cgroup", "0::/../elsewhere\n");
  EXPECT_EQ(Read()->bytes, 1u << 20);
}

}  // namespace
}  // namespace mqtrack::procfs
