#include "libtrack/procfs/resident_memory.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>

namespace mqtrack::procfs {
namespace {

constexpr char kSmaps[] =
    "55d000000000-55d000001000 r-xp 00000000 fe:00 100                        /usr/sbin/mosquitto\n"
    "Size:                  4 kB\n"
    "Rss:                   4 kB\n"
    "Anonymous:             0 kB\n"
    "55d000100000-55d000200000 rw-p 00000000 00:00 0                          [heap]\n"
    "Rss:                1000 kB\n"
    "Pss:                1000 kB\n"
    "Anonymous:          1000 kB\n"
    "7f0000000000-7f0000100000 rw-s 00000000 00:1a 77                         /dev/shm/mqtrack-0/1-2.log (deleted)\n"
    "Rss:                 512 kB\n"
    "Anonymous:             0 kB\n"
    "7f0000200000-7f0000300000 rw-s 00000000 00:1b 77                         /dev/shm/mqtrack-0/1-2.log\n"
    "Rss:                  64 kB\n"
    "Anonymous:             0 kB\n"
    "7f0000400000-7f0000480000 rw-p 00000000 fe:00 101                        /opt/a b/libmqtrack_preload.so\n"
    "Rss:                  40 kB\n"
    "Anonymous:            20 kB\n"
    "7f0000480000-7f0000500000 rw-p 00000000 00:00 0 \n"
    "Rss:                  80 kB\n"
    "Anonymous:            80 kB\n"
    "7f0000600000-7f0000700000 rw-p 00000000 00:00 0 \n"
    "Rss:                   8 kB\n"
    "Anonymous:             8 kB\n";

TEST(ResidentMemory, IsTheRecordersOrAnonymous) {
  const ResidentMemory sum = SumResident(kSmaps, makedev(0, 0x1a), 77);
  EXPECT_EQ(sum.recorder_bytes, (512u + 40 + 80) * 1024);
  EXPECT_EQ(sum.anonymous_bytes, (1000u + 8) * 1024);
  EXPECT_TRUE(sum.log_is_mapped);
  EXPECT_FALSE(SumResident(kSmaps, makedev(0, 0x1a), 78).log_is_mapped);
}

TEST(ResidentMemory, OfTextThatIsCutOrMadeUpIsWhatCanBeRead) {
  const std::string text = kSmaps;
  for (std::size_t bytes = 0; bytes < text.size(); ++bytes) {
    const ResidentMemory sum = SumResident(std::string_view(text).substr(0, bytes), makedev(0, 0x1a), 77);
    EXPECT_LE(sum.recorder_bytes, (512u + 40 + 80) * 1024);
  }
  const ResidentMemory sum = SumResident("Rss: 12 MB\nRss:\n-\nRss: x kB\n1-2\nAnonymous: 4 kB", 0, 0);
  EXPECT_EQ(sum.recorder_bytes, 0u);
}

TEST(ResidentMemory, OfThisProcessGrowsWithWhatItTouches) {
  char path[] = "/dev/shm/mqtrack-resident-XXXXXX";
  const int file = ::mkstemp(path);
  ASSERT_GE(file, 0);
  constexpr std::size_t kBytes = 64 << 20;  // much more than what a sanitizer touches meanwhile
  ASSERT_EQ(::ftruncate(file, kBytes), 0);
  void* log = ::mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  void* heap = ::mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(log, MAP_FAILED);
  ASSERT_NE(heap, MAP_FAILED);
  const auto before = ReadResident(::getpid(), path);
  std::memset(log, 1, kBytes);
  std::memset(heap, 1, kBytes / 2);
  const auto after = ReadResident(::getpid(), path);
  ::unlink(path);
  ::close(file);
  ASSERT_TRUE(before && after);
  EXPECT_EQ(after->recorder_bytes - before->recorder_bytes, kBytes);
  EXPECT_GE(after->anonymous_bytes - before->anonymous_bytes, kBytes / 2);
  EXPECT_LT(after->anonymous_bytes - before->anonymous_bytes, kBytes);
}

TEST(ResidentMemory, OfNobodyIsNotKnown) {
  EXPECT_FALSE(ReadResident(::getpid(), "/dev/shm/there is no such log"));
  EXPECT_FALSE(ReadResident(-1, "/proc/self/exe"));
}

}  // namespace
}  // namespace mqtrack::procfs
