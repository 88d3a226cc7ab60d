// What is written as a core file is read again as it was: mappings, gaps, holes, more segments than a header can count.
#include "libtrack/corefile/core_file.h"

#include <elf.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "libtrack/corefile/core_writer.h"
#include "tests/support/scratch_directory.h"

namespace mqtrack::corefile {
namespace {

using support::ErrorCode;
using support::Result;

const auto kPage = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));

CoreNotes OneThread() {
  CoreNotes notes;
  notes.pid = 7;
  notes.name = "broker";
  notes.threads.resize(1);
  notes.threads[0].tid = 7;
  return notes;
}

std::vector<std::byte> Filled(std::size_t bytes, int value) {
  return std::vector<std::byte>(bytes, static_cast<std::byte>(value));
}

class CoreFileTest : public ::testing::Test {
 protected:
  [[nodiscard]] std::string Path(const std::string& name) const { return scratch_.path() + "/" + name; }

  testing::ScratchDirectory scratch_;
};

int ByteAt(const CoreFile& core, std::uint64_t address) {
  unsigned char byte = 0;
  return core.Read(address, &byte, 1) == 1 ? byte : -1;
}

TEST_F(CoreFileTest, ComesBackAsItWasWritten) {
  Result<CoreWriter> writer = CoreWriter::Create(Path("a core"));
  ASSERT_TRUE(writer.ok());
  const std::uint64_t start = 0x10000, far = start + 1024 * kPage;
  writer->Begin(start, start + 4000 * kPage, PF_R | PF_W);
  ASSERT_TRUE(writer->Add(start + kPage, Filled(kPage, 1)).ok());
  ASSERT_TRUE(writer->Add(start + 4 * kPage, Filled(8, 2)).ok());
  ASSERT_TRUE(writer->Add(far, Filled(kPage, 3)).ok());
  writer->Begin(start + 8000 * kPage, start + 8001 * kPage, PF_R);
  EXPECT_FALSE(std::filesystem::exists(Path("a core"))) << "it has no name before it is whole";
  ASSERT_TRUE(writer->Finish(OneThread()).ok());
  struct stat info {};
  ASSERT_EQ(::stat(Path("a core").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777u, 0600u);

  const Result<CoreFile> core = CoreFile::Open(Path("a core"));
  ASSERT_TRUE(core.ok()) << core.error().ToString();
  ASSERT_EQ(core->segments().size(), 5u) << "bytes, a gap, bytes, a gap, and a mapping without bytes";
  EXPECT_EQ(ByteAt(*core, start + kPage), 1);
  EXPECT_EQ(ByteAt(*core, start), 0) << "a short gap is a hole";
  EXPECT_EQ(ByteAt(*core, start + 4 * kPage + 7), 2);
  EXPECT_EQ(ByteAt(*core, far - 1), -1) << "a long gap has no bytes";
  EXPECT_EQ(ByteAt(*core, far + kPage - 1), 3);
  EXPECT_EQ(ByteAt(*core, start + 8000 * kPage), -1);
  EXPECT_FALSE(core->segments().back().writable);
  EXPECT_EQ(core->Find(start - 1), nullptr);
  const Segment* first = core->Find(start);
  ASSERT_NE(first, nullptr);
  for (const auto& [from, to] : core->Written(*first, first->start, first->end_in_file())) EXPECT_LT(from, to);
  EXPECT_TRUE(CoreFile::LooksLikeOne(Path("a core")));
}

TEST_F(CoreFileTest, HasMoreSegmentsThanAHeaderCanCount) {
  constexpr std::uint64_t kMany = 70'000;
  Result<CoreWriter> writer = CoreWriter::Create(Path("many"));
  ASSERT_TRUE(writer.ok());
  for (std::uint64_t i = 1; i <= kMany; ++i) writer->Begin(2 * i * kPage, (2 * i + 1) * kPage, PF_R);
  ASSERT_TRUE(writer->Finish(OneThread()).ok());
  const Result<CoreFile> core = CoreFile::Open(Path("many"));
  ASSERT_TRUE(core.ok()) << core.error().ToString();
  EXPECT_EQ(core->segments().size(), kMany);
}

TEST_F(CoreFileTest, IsNeverWrittenOverAnything) {
  { std::ofstream(Path("there")) << "mine"; }
  std::filesystem::create_symlink(Path("nowhere"), Path("link"));
  for (const char* name : {"there", "link"}) {
    const Result<CoreWriter> writer = CoreWriter::Create(Path(name));
    ASSERT_FALSE(writer.ok()) << name;
    EXPECT_EQ(writer.error().code, ErrorCode::kBadInput);
  }
  Result<CoreWriter> late = CoreWriter::Create(Path("late"));
  ASSERT_TRUE(late.ok());
  { std::ofstream(Path("late")) << "was faster"; }
  late->Begin(kPage, 2 * kPage, PF_R);
  EXPECT_FALSE(late->Finish(OneThread()).ok());
  EXPECT_EQ(std::filesystem::file_size(Path("late")), std::strlen("was faster"));
}

TEST_F(CoreFileTest, RefusesWhatIsNoMemory) {
  Result<CoreWriter> writer = CoreWriter::Create(Path("good"));
  ASSERT_TRUE(writer.ok());
  writer->Begin(kPage, 2 * kPage, PF_R | PF_W);
  ASSERT_TRUE(writer->Add(kPage, Filled(kPage, 1)).ok());
  ASSERT_TRUE(writer->Finish(OneThread()).ok());
  std::ifstream file(Path("good"), std::ios::binary);
  const std::string good((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  std::uint64_t headers = 0;
  std::memcpy(&headers, good.data() + offsetof(Elf64_Ehdr, e_phoff), sizeof headers);
  const std::uint64_t load = headers + sizeof(Elf64_Phdr);
  const auto refused = [&](std::uint64_t at, std::uint64_t value, std::size_t length = std::string::npos) {
    std::string bad = good;
    bad.replace(at, sizeof value, reinterpret_cast<const char*>(&value), sizeof value);
    { std::ofstream(Path("bad"), std::ios::binary) << bad.substr(0, length); }
    const Result<CoreFile> core = CoreFile::Open(Path("bad"));
    EXPECT_FALSE(core.ok());
    return core.ok() ? support::Error{} : core.error();
  };
  constexpr std::uint64_t kHuge = ~std::uint64_t{0} - 100;
  EXPECT_NE(refused(load + offsetof(Elf64_Phdr, p_memsz), kHuge).text.find("impossible size"), std::string::npos);
  EXPECT_NE(refused(load + offsetof(Elf64_Phdr, p_memsz), kMostMappingBytes + 1).text.find("impossible size"),
            std::string::npos);
  EXPECT_NE(refused(load + offsetof(Elf64_Phdr, p_filesz), 2 * kPage).text.find("impossible size"), std::string::npos);
  EXPECT_NE(refused(load + offsetof(Elf64_Phdr, p_offset), kHuge).text.find("beyond all files"), std::string::npos);
  EXPECT_EQ(refused(load + offsetof(Elf64_Phdr, p_offset), good.size()).code, ErrorCode::kCannotMeasure);
  EXPECT_EQ(refused(offsetof(Elf64_Ehdr, e_phoff), kHuge).code, ErrorCode::kCannotMeasure);
  EXPECT_EQ(refused(0, 0x464c457f, 20).code, ErrorCode::kCannotMeasure);
}

TEST_F(CoreFileTest, RefusesMoreNotesThanThereCanBeInAllSegmentsTogether) {
  constexpr std::uint64_t kHalf = std::uint64_t{600} << 20;  // each is fewer bytes than there may be
  Result<CoreWriter> writer = CoreWriter::Create(Path("notes"));
  ASSERT_TRUE(writer.ok());
  writer->Begin(kPage, 2 * kPage, PF_R | PF_W);
  writer->Begin(3 * kPage, 4 * kPage, PF_R | PF_W);
  ASSERT_TRUE(writer->Finish(OneThread()).ok());
  std::fstream file(Path("notes"), std::ios::in | std::ios::out | std::ios::binary);
  Elf64_Ehdr header{};
  ASSERT_TRUE(file.read(reinterpret_cast<char*>(&header), sizeof header));
  ASSERT_GE(header.e_phnum, 3u);
  for (std::uint64_t segment = 1; segment <= 2; ++segment) {
    Elf64_Phdr notes{};
    notes.p_type = PT_NOTE;
    notes.p_offset = std::uint64_t{1} << 20;
    notes.p_filesz = kHalf;
    file.seekp(static_cast<std::streamoff>(header.e_phoff + segment * sizeof notes));
    ASSERT_TRUE(file.write(reinterpret_cast<const char*>(&notes), sizeof notes));
  }
  file.close();
  std::filesystem::resize_file(Path("notes"), kHalf + (std::uint64_t{2} << 20));  // a hole
  const Result<CoreFile> core = CoreFile::Open(Path("notes"));
  ASSERT_FALSE(core.ok());
  EXPECT_NE(core.error().text.find("it has notes of 1.2 GiB"), std::string::npos) << core.error().text;
}

}  // namespace
}  // namespace mqtrack::corefile
