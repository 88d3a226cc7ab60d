// The notes of a core file come back as they were, and nothing of them is trusted.
#include "libtrack/corefile/core_notes.h"

#include <elf.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

namespace mqtrack::corefile {
namespace {

using support::Status;

CoreNotes Example() {
  CoreNotes notes;
  notes.pid = 4711;
  notes.name = "my broker";
  notes.signal = 11;
  for (const pid_t tid : {4712, 4711}) {
    CoreThread& thread = notes.threads.emplace_back();
    thread.tid = tid;
    std::memset(&thread.general, tid & 0xff, sizeof thread.general);
    thread.extended.assign(100, std::byte{9});
  }
  notes.files = {{0x1000, 0x2000, 0, "/usr/sbin/my broker"}, {0x5000, 0x9000, 0x3000, "/dev/shm/x (deleted)"}};
  notes.auxiliary = {{AT_RANDOM, 0x7777}, {AT_PAGESZ, 1}};
  notes.own = "anything";
  return notes;
}

TEST(CoreNotes, ComeBack) {
  const CoreNotes before = Example();
  CoreNotes after;
  ASSERT_TRUE(ReadNotes(EncodeNotes(before), "x", after).ok());
  EXPECT_EQ(after.pid, 4711);
  EXPECT_EQ(after.name, "my broker");
  EXPECT_EQ(after.signal, 11);
  ASSERT_EQ(after.threads.size(), 2u);
  EXPECT_EQ(after.threads[0].tid, 4712);
  EXPECT_EQ(std::memcmp(&after.threads[1].general, &before.threads[1].general, sizeof before.threads[1].general), 0);
  EXPECT_EQ(after.threads[1].extended, before.threads[1].extended);
  ASSERT_EQ(after.files.size(), 2u);
  EXPECT_EQ(after.files[1].path, "/dev/shm/x (deleted)");
  EXPECT_EQ(after.files[1].offset, 0x3000u);
  EXPECT_EQ(AuxiliaryValue(after, AT_RANDOM), 0x7777u);
  EXPECT_EQ(AuxiliaryValue(after, AT_SYSINFO_EHDR), 0u);
  EXPECT_EQ(after.own, "anything");
}

TEST(CoreNotes, AreCutAnywhereWithoutHarm) {
  const std::vector<std::byte> whole = EncodeNotes(Example());
  std::size_t refused = 0;
  for (std::size_t bytes = 0; bytes < whole.size(); ++bytes) {
    CoreNotes notes;
    const std::vector<std::byte> part(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(bytes));
    refused += ReadNotes(part, "x", notes).ok() ? 0u : 1u;
  }
  EXPECT_GT(refused, whole.size() / 2);
}

TEST(CoreNotes, RefuseListsThatDoNotFit) {
  std::vector<std::byte> bytes = EncodeNotes(Example());
  // The count of mapped files stands before their page size, 1, and the first address.
  const std::uint64_t wanted[] = {2, 1, 0x1000};
  const auto* first = reinterpret_cast<const std::byte*>(wanted);
  const auto found = std::search(bytes.begin(), bytes.end(), first, first + sizeof wanted);
  ASSERT_NE(found, bytes.end());
  for (const std::uint64_t count : {std::uint64_t{100}, ~std::uint64_t{0}, std::uint64_t{1} << 61}) {
    std::memcpy(&*found, &count, sizeof count);
    CoreNotes notes;
    const Status read = ReadNotes(bytes, "a.core", notes);
    ASSERT_FALSE(read.ok());
    EXPECT_NE(read.error().text.find("no room for them"), std::string::npos);
    EXPECT_EQ(read.error().where, "a.core");
  }
}

}  // namespace
}  // namespace mqtrack::corefile
