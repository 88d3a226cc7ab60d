// Writes the corpus of core_fuzz into a folder: core files of a process with a small heap and its log in it, as mqtrack
// saves them and as a debugger would write them, as sparse images. Run it after a change of the log's layout or of what
// is saved, and check the result in.
#include <elf.h>

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <span>
#include <string>
#include <vector>

#include "libtrack/corefile/core_writer.h"
#include "libtrack/heapgraph/capture/saved_facts.h"
#include "sparse_image.h"
#include "tests/support/log_builder.h"

namespace {

using namespace mqtrack;  // a program of one page

constexpr std::uint64_t kProgram = 0x400000, kVariables = 0x402000, kHeap = 0x500000, kLog = 0x7f0000000000,
                        kStack = 0x7ff000000000, kPage = 0x1000;
constexpr char kLogPath[] = "/dev/shm/mqtrack-0/4321-77.log";

testing::LogBuilder Log() {
  testing::LogBuilder builder({.level_buckets = {4}, .index_entries = 32, .arena_bytes = 2048, .module_capacity = 2});
  builder.header().state = static_cast<std::uint32_t>(log::State::kRecording);
  builder.header().recorded_kinds = log::KindBit(log::Kind::kHeapBlock) | log::KindBit(log::Kind::kMapping);
  builder.AddModule(kProgram, kVariables + kPage, 0, "/usr/sbin/broker", true, "0123456789abcdefghij");
  const log::StackId stack = builder.AddStack({kProgram + 0x100, kProgram + 0x200}, 0, 4, 4);
  for (std::uint64_t i = 0; i < 4; ++i) builder.Insert(log::Kind::kHeapBlock, kHeap + 16 + 64 * i, 48, stack);
  builder.Insert(log::Kind::kMapping, kStack - 2 * kPage, kPage, stack);
  return builder;
}

/// The first block is held by a variable and holds the second; the third and the fourth are a lost ring.
std::vector<std::byte> PageWith(std::uint64_t at, std::uint64_t value, std::uint64_t at2 = 0,
                                std::uint64_t value2 = 0) {
  std::vector<std::byte> page(kPage);
  if (at2 != 0) std::memcpy(page.data() + at2, &value2, sizeof value2);
  std::memcpy(page.data() + at, &value, sizeof value);
  return page;
}

corefile::CoreNotes Notes(bool is_saved) {
  corefile::CoreNotes notes;
  notes.pid = 4321;
  notes.name = "broker";
  notes.signal = is_saved ? 0 : 11;
  for (const pid_t tid : {4321, 4322}) {
    corefile::CoreThread& thread = notes.threads.emplace_back();
    thread.tid = tid;
    thread.extended.resize(64);
    const std::uint64_t stack_pointer = kStack + 0x800;
    for (std::size_t at = 0; at < sizeof thread.general; at += sizeof stack_pointer)
      std::memcpy(reinterpret_cast<std::byte*>(&thread.general) + at, &stack_pointer, sizeof stack_pointer);
  }
  notes.files = {{kProgram, kProgram + kPage, 0, "/usr/sbin/broker"},
                 {kVariables, kVariables + kPage, kPage, "/usr/sbin/broker"},
                 {kLog, kLog + (std::uint64_t{1} << 20), 0, kLogPath}};
  notes.auxiliary = {{AT_RANDOM, kStack + 0x900}, {AT_SYSINFO_EHDR, 0}};
  if (!is_saved) return notes;
  heapgraph::SavedFacts facts;
  facts.process = "broker (pid 4321)";
  facts.log_inode = 9;
  facts.kernel_words = {kHeap + 16};
  facts.thread_names = {{4321, "broker"}, {4322, "worker"}};
  for (const std::uint64_t start : {kVariables, kHeap, kStack}) {
    procfs::MemoryMapping& mapping = facts.mappings.emplace_back();
    mapping.start = start;
    mapping.end = start + kPage;
    mapping.own_bytes = mapping.resident_bytes = kPage;
    mapping.readable = mapping.writable = true;
    mapping.path = start == kHeap ? "[heap]" : start == kStack ? "[stack]" : "/usr/sbin/broker";
    mapping.inode = start == kVariables ? 7 : 0;
    facts.shown.push_back({start, start + kPage});
  }
  notes.own = heapgraph::EncodeSavedFacts(facts);
  return notes;
}

bool Write(const std::string& folder, const char* name, bool is_saved) {
  const std::string path = folder + "/core.tmp";
  auto writer = corefile::CoreWriter::Create(path);
  if (!writer) return false;
  bool good = true;
  const auto add = [&](std::uint64_t start, std::uint32_t protection, std::span<const std::byte> bytes) {
    writer->Begin(start, start + (bytes.size() + kPage - 1) / kPage * kPage, protection);
    good = writer->Add(start, bytes).ok() && good;
  };
  testing::LogBuilder log = Log();
  add(kProgram, PF_R, PageWith(0, 0x464c457f));
  add(kVariables, PF_R | PF_W, PageWith(0x10, kHeap + 16));
  std::vector<std::byte> heap = PageWith(16, kHeap + 80, 144, kHeap + 208);
  const std::uint64_t back = kHeap + 144;
  std::memcpy(heap.data() + 208, &back, sizeof back);
  add(kHeap, PF_R | PF_W, heap);
  add(kLog, PF_R | PF_W, {log.base(), log.size()});
  add(kStack, PF_R | PF_W, PageWith(0x810, 1));
  if (!good || !writer->Finish(Notes(is_saved))) return false;
  std::ifstream file(path, std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  std::filesystem::remove(path);
  std::ofstream out(folder + "/" + name, std::ios::binary);
  out << fuzz::WriteSparse(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
  return out.good();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return std::fprintf(stderr, "usage: %s FOLDER\n", argv[0]), 2;
  return Write(argv[1], "saved.core", true) && Write(argv[1], "crashed.core", false) ? 0 : 1;
}
