#include "libtrack/heapgraph/heap_capture.h"

#include <sys/stat.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <optional>
#include <thread>

#include "libtrack/attach/clone_process.h"
#include "libtrack/heapgraph/block_index.h"
#include "libtrack/heapgraph/headroom.h"
#include "libtrack/log/log_copy.h"
#include "libtrack/procfs/ptrace_refusal.h"
#include "libtrack/procfs/thread_facts.h"
#include "libtrack/support/units.h"
#include "libtrack/threads/stopped_process.h"
#include "libtrack/threads/urgency.h"

namespace mqtrack::heapgraph {
namespace {

using attach::CloneTarget;
using attach::ProcessCopy;
using support::Error;
using support::ErrorCode;
using support::Result;
using support::Status;

constexpr std::chrono::milliseconds kLongestWait{2000};
// At 1.3 to 2.3 GB/s: 0.1 to 0.2 s.
constexpr std::uint64_t kMostCopiedStanding = std::uint64_t{256} << 20;

ThreadAtRest AtRest(const threads::StoppedThread& thread) {
  ThreadAtRest rest;
  rest.tid = thread.tid;
  rest.stack_pointer = thread.registers.sp();
  rest.thread_pointer = thread.registers.thread_pointer();
  const std::vector<std::byte> extended = threads::ReadExtendedRegisters(thread.tid);
  const std::size_t general = sizeof thread.registers.raw / sizeof(std::uint64_t);
  rest.registers.resize(general + extended.size() / sizeof(std::uint64_t));
  std::memcpy(rest.registers.data(), &thread.registers.raw, general * sizeof(std::uint64_t));
  std::memcpy(rest.registers.data() + general, extended.data(),
              (rest.registers.size() - general) * sizeof(std::uint64_t));
  return rest;
}

/// All of them, or an error: what a running thread holds in its registers cannot be known.
Result<std::vector<ThreadAtRest>> AllAtRest(threads::StoppedProcess& process, const std::string& name) {
  std::vector<ThreadAtRest> all;
  for (const threads::StoppedThread& thread : process.threads()) {
    if (!thread.stopped) {
      return Error{ErrorCode::kCannotMeasure,
                   "thread " + std::to_string(thread.tid) +
                       " did not stop (uninterruptible sleep, or a machine under heavy load), so what it holds is not "
                       "known; try again",
                   name};
    }
    all.push_back(AtRest(thread));
  }
  return all;
}

bool IsWorthCopying(const procfs::MemoryMapping& mapping) {
  return mapping.readable && mapping.path.compare(0, 2, "[v") != 0 && mapping.path.compare(0, 5, "/dev/") != 0 &&
         (mapping.writable || (mapping.inode != 0 && !mapping.executable));
}

/// Copies everything that may be looked at later out of the process while it stands.
Result<std::unique_ptr<CopiedSource>> CopyStanding(pid_t pid, const HeapCapture& capture,
                                                   const CaptureOptions& options) {
  const PageMap pages(pid);
  std::uint64_t bytes = 0;
  std::vector<procfs::MemoryMapping> wanted;
  for (const procfs::MemoryMapping& mapping : capture.mappings) {
    if (!IsWorthCopying(mapping) || mapping.inode == capture.log_inode) continue;
    wanted.push_back(mapping);
    for (const AddressRange& part : pages.Present({mapping.start, mapping.end})) bytes += part.bytes();
  }
  if (bytes > kMostCopiedStanding && !options.force) {
    return Error{ErrorCode::kCannotMeasure,
                 "cannot be cloned (" + capture.why_not_cloned + "), and to copy its " +
                     support::FormatBytes(static_cast<std::int64_t>(bytes)) +
                     " it would stand still for longer than a quarter of a second; say --force if it may",
                 capture.process};
  }
  const ProcessSource source(pid);
  auto copied = std::make_unique<CopiedSource>();
  for (const procfs::MemoryMapping& mapping : wanted)
    copied->Add(source, {mapping.start, mapping.end}, mapping.inode != 0);
  return copied;
}

void TakeBlocks(HeapCapture& capture) {
  std::vector<log::LiveEntry>& live = capture.content.live;
  const auto is_block = [](const log::LiveEntry& entry) { return entry.kind == log::Kind::kHeapBlock; };
  const auto middle = std::partition(live.begin(), live.end(), is_block);
  std::vector<log::LiveEntry> others(middle, live.end());
  live.erase(middle, live.end());
  capture.blocks = std::move(live);  // there may be millions
  live = std::move(others);
  const std::size_t all = capture.blocks.size();
  std::erase_if(capture.blocks, [](const log::LiveEntry& block) { return block.handle == log::kHeapBeforeHandle; });
  capture.has_unknown_heap = capture.blocks.size() != all || capture.content.facts.origin == log::Origin::kAttach;
  std::sort(capture.blocks.begin(), capture.blocks.end(), [](const log::LiveEntry& a, const log::LiveEntry& b) {
    return a.handle != b.handle ? a.handle < b.handle : a.generation < b.generation;
  });
  // Of two that overlap the older one's end went past the recorder.
  std::size_t kept = 0;
  for (const log::LiveEntry& block : capture.blocks) {
    while (kept != 0 && EndOf(capture.blocks[kept - 1]) > block.handle) {
      --kept;
      ++capture.overlapping;
    }
    capture.blocks[kept++] = block;
  }
  capture.blocks.resize(kept);
}

/// What is done on the thread that stops the process.
class Capturer {
 public:
  Capturer(const process::RecordedProcess& process, const CaptureOptions& options, log::LogCopy log)
      : options_(options), log_(std::move(log)) {
    capture_.pid = static_cast<pid_t>(process.where.pid);
    capture_.process = procfs::ProcessName(capture_.pid);
    struct stat info {};
    if (::stat(process.log_path.c_str(), &info) == 0) capture_.log_inode = info.st_ino;
  }

  /// Before anything is stopped.
  [[nodiscard]] Status Prepare() {
    if (options_.never_clone) {
      capture_.why_not_cloned = "as you asked";
      return {};
    }
    Result<CloneTarget> target = CloneTarget::Examine(capture_.pid);
    if (!target) {
      capture_.why_not_cloned = target.error().text;
      return {};
    }
    if (!options_.force) {
      if (const Status room = CheckRoomForCopy(capture_.pid, capture_.process); !room) return room;
    }
    target_.emplace(std::move(*target));
    return {};
  }

  [[nodiscard]] Status Capture(threads::StoppedProcess& process, const threads::Urgency& urgency) {
    Result<std::vector<ThreadAtRest>> threads = AllAtRest(process, capture_.process);
    if (!threads) return threads.error();
    capture_.threads = std::move(*threads);
    Status log_taken;
    std::thread copying([&] { log_taken = log_->Take(); });
    const Status memory_taken = TakeMemory(process);
    copying.join();
    process.Resume();
    urgency.EndHere();
    capture_.stood_still = process.stood_still();
    if (!memory_taken) return memory_taken;
    return log_taken ? ReadRest() : log_taken;
  }

  [[nodiscard]] const HeapCapture& capture() const { return capture_; }
  [[nodiscard]] const MemorySource& memory() const { return *memory_; }
  void EndCopy() { copy_.reset(); }

 private:
  [[nodiscard]] Status TakeMemory(threads::StoppedProcess& process) {
    if (target_) {
      Result<ProcessCopy> copy = target_->Clone(process);
      if (copy) {
        copy_.emplace(std::move(*copy));
        capture_.cloned = true;
        return {};
      }
      capture_.why_not_cloned = copy.error().text;
    }
    Result<std::vector<procfs::MemoryMapping>> mappings = procfs::ReadMemoryMaps(capture_.pid);
    if (!mappings) return mappings.error();
    capture_.mappings = std::move(*mappings);
    Result<std::unique_ptr<CopiedSource>> copied = CopyStanding(capture_.pid, capture_, options_);
    if (!copied) return copied.error();
    memory_ = std::move(*copied);
    return {};
  }

  [[nodiscard]] Status ReadRest() {
    if (copy_) {
      Result<std::vector<procfs::MemoryMapping>> mappings = procfs::ReadMemoryMaps(copy_->pid());
      if (!mappings) return mappings.error();
      capture_.mappings = std::move(*mappings);
      memory_ = std::make_unique<ProcessSource>(copy_->pid());
    }
    const Result<log::LogReader> reader = log_->Reader();
    if (!reader) return reader.error();
    Result<log::LogContent> content = reader->Read(false);
    if (!content) return content.error();
    capture_.content = std::move(*content);
    log_.reset();
    TakeBlocks(capture_);
    for (ThreadAtRest& thread : capture_.threads) thread.name = procfs::ReadThreadName(capture_.pid, thread.tid);
    return {};
  }

  const CaptureOptions& options_;
  std::optional<log::LogCopy> log_;
  std::optional<CloneTarget> target_;
  HeapCapture capture_;
  std::optional<ProcessCopy> copy_;
  std::unique_ptr<MemorySource> memory_;
};

}  // namespace

Status WithCapture(const process::RecordedProcess& process, const CaptureOptions& options,
                   const std::function<Status(const HeapCapture&, const MemorySource&)>& work) {
  if (!process.error.empty()) return Error{ErrorCode::kBadInput, process.error, process.log_path};
  if (!process.IsAlive() || process.where.pid == 0) {
    return Error{ErrorCode::kCannotMeasure,
                 "has ended, and its memory is gone with it: who holds what can be asked of a running process only",
                 process.facts.comm + " (pid " + std::to_string(process.Pid()) + ")"};
  }
  Result<log::LogCopy> log = log::LogCopy::Prepare(process.log_path);
  if (!log) return log.error();
  Capturer capturer(process, options, std::move(*log));
  if (const Status prepared = capturer.Prepare(); !prepared) return prepared;
  const threads::Urgency urgency;
  return threads::WhileStopped(capturer.capture().pid, {kLongestWait}, [&](threads::StoppedProcess& stopped) {
    Status status = capturer.Capture(stopped, urgency);
    if (status) status = work(capturer.capture(), capturer.memory());
    capturer.EndCopy();  // here: it is this thread's, and the kernel ends it with this thread
    return status;
  });
}

}  // namespace mqtrack::heapgraph
