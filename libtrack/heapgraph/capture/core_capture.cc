#include "libtrack/heapgraph/capture/core_capture.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "libtrack/heapgraph/block_index.h"
#include "libtrack/heapgraph/capture/capture_blocks.h"
#include "libtrack/heapgraph/capture/core_mappings.h"
#include "libtrack/heapgraph/capture/core_source.h"
#include "libtrack/support/base_name.h"
#include "libtrack/support/units.h"
#include "libtrack/threads/thread_registers.h"

namespace mqtrack::heapgraph {
namespace {

using corefile::CoreFile;
using support::Error;
using support::ErrorCode;
using support::Result;
using support::Status;

// Of all blocks together. The tables of addresses grow with it.
constexpr std::uint64_t kMostBlockBytes = std::uint64_t{1} << 42;

std::string Count(std::uint64_t number) { return support::FormatCount(static_cast<std::int64_t>(number)); }

ThreadAtRest AtRest(const corefile::CoreThread& thread) {
  const threads::ThreadRegisters registers{thread.general};
  ThreadAtRest rest;
  rest.tid = thread.tid;
  rest.stack_pointer = registers.sp();
  rest.thread_pointer = registers.thread_pointer();
  const std::size_t general = sizeof thread.general / sizeof(std::uint64_t);
  rest.registers.resize(general + thread.extended.size() / sizeof(std::uint64_t));
  std::memcpy(rest.registers.data(), &thread.general, general * sizeof(std::uint64_t));
  if (rest.registers.size() > general) {
    std::memcpy(rest.registers.data() + general, thread.extended.data(),
                (rest.registers.size() - general) * sizeof(std::uint64_t));
  }
  return rest;
}

/// The main thread first; the kernel has the one that crashed there.
std::vector<ThreadAtRest> ThreadsOf(const CoreTarget& target) {
  const corefile::CoreNotes& notes = target.core.notes();
  std::vector<ThreadAtRest> threads;
  for (const corefile::CoreThread& thread : notes.threads) threads.push_back(AtRest(thread));
  std::stable_partition(threads.begin(), threads.end(),
                        [&](const ThreadAtRest& thread) { return thread.tid == notes.pid; });
  for (ThreadAtRest& thread : threads) {
    if (thread.tid == notes.pid) thread.name = notes.name;
    if (!target.saved) continue;
    for (const auto& [tid, name] : target.saved->thread_names) {
      if (tid == thread.tid) thread.name = name;
    }
  }
  return threads;
}

Result<log::LogContent> ReadLog(const CoreTarget& target) {
  const Result<log::LogReader> reader =
      target.image != nullptr ? target.image->Reader()
                              : log::LogReader::Open(target.process.log_path, support::MappedFile::Access::kRead);
  if (!reader) return reader.error();
  return reader->Read(false);
}

/// The same pid and start may be that of another program, by exec; and where the core names no log, the pid alone says
/// little. Where libraries lie is another for each execution.
Status CheckPlaces(const CoreTarget& target, const std::vector<log::LogModule>& modules) {
  const std::vector<corefile::MappedPart>& parts = target.core.notes().files;
  if (parts.empty()) return {};
  constexpr std::string_view kRecorder = "libmqtrack_preload.so";
  for (const log::LogModule& module : modules) {
    const std::string_view name = support::BaseName(support::WithoutDeletedMark(module.path));
    if (!module.is_main && name != kRecorder) continue;  // others may have been unloaded
    const bool is_there = std::any_of(parts.begin(), parts.end(), [&](const corefile::MappedPart& part) {
      return part.start == module.start && support::BaseName(support::WithoutDeletedMark(part.path)) == name;
    });
    if (is_there) continue;
    return Error{ErrorCode::kBadInput,
                 "is not of the program that the log " + target.process.log_path + " is of: " + std::string(name) +
                     " does not lie where the log says",
                 target.core.path()};
  }
  return {};
}

/// Of a process that ran on, blocks may be younger than its core file.
Status CheckBlocks(const CoreTarget& target, const HeapCapture& capture) {
  std::uint64_t bytes = 0, missing = 0;
  for (const log::LiveEntry& block : capture.blocks) bytes += block.bytes;
  if (bytes > kMostBlockBytes) {
    return Error{ErrorCode::kBadInput,
                 "the log says that " + support::FormatBytes(static_cast<std::int64_t>(bytes)) +
                     " are alive, which no process has: it is damaged",
                 target.process.log_path};
  }
  if (target.saved) return {};  // where it has no bytes the process had none
  for (const log::LiveEntry& block : capture.blocks) {
    const corefile::Segment* first = target.core.Find(block.handle);
    const corefile::Segment* last = target.core.Find(EndOf(block) - 1);
    const bool is_there = first != nullptr && block.handle < first->end_in_file() && last != nullptr &&
                          EndOf(block) <= last->end_in_file();
    missing += is_there ? 0 : 1;
  }
  if (missing == 0 || !target.is_same_moment) return {};
  return Error{ErrorCode::kCannotMeasure,
               "the core file leaves out the memory of " + Count(missing) + " of " + Count(capture.blocks.size()) +
                   " live blocks: let the service write all of its own memory (0x33 in /proc/PID/coredump_filter, as "
                   "is usual)",
               target.core.path()};
}

}  // namespace

Status WithCoreCapture(const CoreTarget& target,
                       const std::function<Status(const HeapCapture&, const MemorySource&)>& work) {
  Result<log::LogContent> content = ReadLog(target);
  if (!content) return content.error();
  if (const Status places = CheckPlaces(target, content->modules); !places) return places;
  HeapCapture capture;
  capture.pid = target.core.notes().pid;
  capture.process = target.process.facts.comm + " (pid " + std::to_string(target.process.Pid()) + ")";
  capture.from_core = target.HowWritten();
  capture.content = std::move(*content);
  capture.threads = ThreadsOf(target);
  TakeBlocks(capture);
  capture.has_unknown_heap = capture.has_unknown_heap || !target.is_same_moment;
  if (const Status there = CheckBlocks(target, capture); !there) return there;
  CoreMappings found;
  if (target.saved) {
    const SavedFacts& saved = *target.saved;
    capture.process = saved.process;
    capture.from_core.clear();  // it was looked at when it was saved, as any running process is
    capture.cloned = saved.cloned;
    capture.why_not_cloned = saved.why_not_cloned;
    capture.stood_still = std::chrono::nanoseconds(saved.stood_still_nanos);
    capture.not_copied = saved.not_copied;
    capture.kernel_words = saved.kernel_words;
    capture.log_inode = saved.log_inode;
    found = {saved.mappings, saved.shown, saved.missing};
  } else {
    capture.log_inode = kCoreLogInode;
    found = FindCoreMappings(target.core, target.mapped_log, capture.content.modules, capture.blocks);
  }
  capture.mappings = std::move(found.mappings);
  const CoreSource memory(target.core, capture.mappings, std::move(found.shown), std::move(found.missing));
  return work(capture, memory);
}

}  // namespace mqtrack::heapgraph
