#include "preload/attach/page_writer.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <initializer_list>

namespace mqtrack::redirection {
namespace {

/// Three pages; the first and the last are as they come.
class PageWriterTest : public ::testing::Test {
 protected:
  PageWriterTest()
      : bytes_(static_cast<std::size_t>(::sysconf(_SC_PAGESIZE))),
        memory_(static_cast<char*>(
            ::mmap(nullptr, 3 * bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0))) {}
  ~PageWriterTest() override { ::munmap(memory_, 3 * bytes_); }
  void Protect(int page, int protection) {
    ASSERT_EQ(::mprotect(memory_ + static_cast<std::size_t>(page) * bytes_, bytes_, protection), 0);
  }
  [[nodiscard]] std::uintptr_t Slot(int page, std::size_t word = 0) const {
    return reinterpret_cast<std::uintptr_t>(memory_) + static_cast<std::size_t>(page) * bytes_ + word * 8;
  }
  static std::uintptr_t Value(std::uintptr_t slot) { return *reinterpret_cast<const std::uintptr_t*>(slot); }

  std::size_t bytes_;
  char* memory_;
};

TEST_F(PageWriterTest, TellsProtections) {
  Protect(1, PROT_READ);
  Protect(2, PROT_NONE);
  const Protections protections;
  EXPECT_EQ(protections.At(Slot(0)), PROT_READ | PROT_WRITE);
  EXPECT_EQ(protections.At(Slot(1)), PROT_READ);
  EXPECT_EQ(protections.At(Slot(2)), PROT_NONE);
  EXPECT_EQ(protections.At(reinterpret_cast<std::uintptr_t>(&::mmap)), PROT_READ | PROT_EXEC);
  EXPECT_EQ(protections.At(8), -1);
  EXPECT_EQ(protections.At(~std::uintptr_t{0}), -1);
}

TEST_F(PageWriterTest, WritesToReadOnlyPagesAndGivesTheirProtectionBack) {
  Protect(1, PROT_READ);
  const Protections before;
  {
    PageWriter writer(before);
    EXPECT_TRUE(writer.Store(Slot(0), 1));
    EXPECT_TRUE(writer.Store(Slot(1), 2));
    EXPECT_TRUE(writer.Store(Slot(1, 5), 3));
    EXPECT_TRUE(writer.Store(Slot(2), 4));
    EXPECT_EQ(Protections().At(Slot(1)), PROT_READ) << "given back as soon as another page is written to";
    EXPECT_TRUE(writer.Store(Slot(1), 5));
  }
  const Protections after;
  for (const int page : {0, 1, 2}) EXPECT_EQ(after.At(Slot(page)), before.At(Slot(page))) << page;
  EXPECT_EQ(Value(Slot(0)), 1u);
  EXPECT_EQ(Value(Slot(1)), 5u);
  EXPECT_EQ(Value(Slot(1, 5)), 3u);
  EXPECT_EQ(Value(Slot(2)), 4u);
}

TEST_F(PageWriterTest, WritesToPagesThatWereProtectedMeanwhile) {
  const Protections before;
  Protect(1, PROT_READ);  // as the loader does once it has relocated a library
  PageWriter writer(before);
  EXPECT_TRUE(writer.Store(Slot(1), 2));
  EXPECT_EQ(Value(Slot(1)), 2u);
}

TEST_F(PageWriterTest, LeavesWhatCannotBeMadeWritable) {
  // A file that was opened for reading only, mapped so that writes would reach it.
  FILE* file = std::fopen("/proc/self/exe", "r");
  ASSERT_NE(file, nullptr);
  void* mapped = ::mmap(nullptr, bytes_, PROT_READ, MAP_SHARED, ::fileno(file), 0);
  std::fclose(file);
  ASSERT_NE(mapped, MAP_FAILED);
  const auto slot = reinterpret_cast<std::uintptr_t>(mapped);
  const std::uintptr_t value = Value(slot);
  const Protections before;
  PageWriter writer(before);
  EXPECT_FALSE(writer.Store(slot, 1));
  EXPECT_EQ(Value(slot), value);
  EXPECT_FALSE(writer.Store(8, 1)) << "where nothing is mapped";
  EXPECT_TRUE(writer.Store(Slot(0), 7)) << "and goes on with others";
  EXPECT_EQ(Value(Slot(0)), 7u);
  ::munmap(mapped, bytes_);
}

}  // namespace
}  // namespace mqtrack::redirection
