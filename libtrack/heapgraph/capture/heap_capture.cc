#include "libtrack/heapgraph/capture/heap_capture.h"

#include <sys/stat.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "libtrack/attach/clone_process.h"
#include "libtrack/heapgraph/capture/capture_blocks.h"
#include "libtrack/heapgraph/capture/core_capture.h"
#include "libtrack/heapgraph/capture/headroom.h"
#include "libtrack/heapgraph/capture/room_watch.h"
#include "libtrack/heapgraph/root_regions.h"
#include "libtrack/log/log_copy.h"
#include "libtrack/procfs/kernel_words.h"
#include "libtrack/procfs/memory_maps.h"
#include "libtrack/procfs/proc_status.h"
#include "libtrack/procfs/ptrace_refusal.h"
#include "libtrack/procfs/thread_facts.h"
#include "libtrack/support/units.h"
#include "libtrack/threads/stopped_process.h"
#include "libtrack/threads/stuck_thread.h"
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
// Disks answer sooner. The service runs meanwhile.
constexpr std::chrono::milliseconds kPatience{500};
// At 1.3 to 2.3 GB/s: 0.1 to 0.2 s.
constexpr std::uint64_t kMostCopiedStanding = std::uint64_t{256} << 20, kMostCopiedBeside = std::uint64_t{32} << 20;
// Of address space, where the kernel has to be asked about each page: 150 ns each.
constexpr std::uint64_t kMostSearchedStanding = std::uint64_t{6} << 30;
// 30 us each.
constexpr std::uint64_t kMostMappingsStanding = 8'000;
constexpr std::uint64_t kHeaderBytes = 4 << 10;  // of a file that is mapped: enough for its program headers
constexpr std::string_view kRecorderLibrary = "libmqtrack_preload.so";

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

using Mappings = std::vector<procfs::MemoryMapping>;

AddressRange RangeOf(const procfs::MemoryMapping& mapping) { return {mapping.start, mapping.end}; }

/// Whether the process's memory can be copied while it stands, without it standing for long.
Status CheckStanding(const Mappings& mappings, const HeapCapture& capture, bool skips_holes) {
  std::uint64_t bytes = 0, span = 0, count = 0;
  for (const procfs::MemoryMapping& mapping : mappings) {
    if (!CanHold(mapping, capture.log_inode)) continue;
    bytes += mapping.shared ? mapping.resident_bytes : mapping.own_bytes;
    span += RangeOf(mapping).bytes();
    ++count;
  }
  std::string how_much;
  if (bytes > kMostCopiedStanding) {
    how_much = "and to copy its " + support::FormatBytes(static_cast<std::int64_t>(bytes));
  } else if (count > kMostMappingsStanding) {
    how_much = "and to copy its " + support::FormatCount(static_cast<std::int64_t>(count)) + " mappings";
  } else if (!skips_holes && span > kMostSearchedStanding) {
    how_much = "and to search its address space of " + support::FormatBytes(static_cast<std::int64_t>(span));
  } else {
    return {};
  }
  return Error{ErrorCode::kCannotMeasure,
               "cannot be cloned (" + capture.why_not_cloned + "), " + how_much +
                   " it would stand still for longer than a quarter of a second; say --force if it may",
               capture.process};
}

/// Copies everything that may be looked at later out of the process while it stands.
std::unique_ptr<CopiedSource> CopyStanding(pid_t pid, const HeapCapture& capture) {
  const ProcessSource source(pid, pid, capture.mappings);
  auto copied = std::make_unique<CopiedSource>();
  for (const procfs::MemoryMapping& mapping : capture.mappings) {
    AddressRange range = RangeOf(mapping);
    if (mapping.inode != 0 && mapping.offset == 0 && !mapping.shared) {  // a library's headers
      const AddressRange headers{range.start, std::min(range.end, range.start + kHeaderBytes)};
      copied->AddAll(source, headers);
      range.start = headers.end;
    }
    if (CanHold(mapping, capture.log_inode)) copied->Add(source, range);
  }
  return copied;
}

/// What a copy of the process does not have: the service has asked the kernel for that.
class Uncopied {
 public:
  Uncopied() = default;
  Uncopied(const Mappings& mappings, const HeapCapture& capture, bool all) {
    std::uint64_t bytes = 0, recorder_end = 0;
    for (const procfs::MemoryMapping& mapping : mappings) {
      const bool is_recorder = mapping.path.find(kRecorderLibrary) != std::string::npos ||
                               (mapping.inode == 0 && mapping.start == recorder_end);
      if (is_recorder) recorder_end = mapping.end;
      if (is_recorder || !(mapping.is_left_out_of_copies || mapping.is_wiped_in_copies) ||
          !CanHold(mapping, capture.log_inode))
        continue;
      bytes += mapping.resident_bytes;
      if (bytes > kMostCopiedBeside && !all) {
        ++left_;
        bytes -= mapping.resident_bytes;
      } else {
        mappings_.push_back(mapping);
      }
    }
  }

  /// While the process stands.
  void Copy(pid_t pid) {
    const ProcessSource source(pid, pid, mappings_);
    for (const procfs::MemoryMapping& mapping : mappings_) copied_->Add(source, RangeOf(mapping));
  }

  /// `copy` and these ranges together; adds the mappings that it does not have to `mappings`.
  std::unique_ptr<MemorySource> AddTo(std::unique_ptr<MemorySource> copy, Mappings& mappings) {
    if (mappings_.empty()) return copy;
    std::vector<AddressRange> ranges;
    for (const procfs::MemoryMapping& mapping : mappings_) {
      ranges.push_back(RangeOf(mapping));
      const auto behind = std::upper_bound(
          mappings.begin(), mappings.end(), mapping.start,
          [](std::uint64_t address, const procfs::MemoryMapping& other) { return address < other.end; });
      if (behind == mappings.end() || behind->start >= mapping.end) {
        mappings.insert(behind, mapping);
      } else {
        behind->own_bytes = std::max(behind->own_bytes, mapping.own_bytes);
      }
    }
    return std::make_unique<PatchedSource>(std::move(copy), std::move(copied_), std::move(ranges));
  }

  [[nodiscard]] std::uint64_t left() const { return left_; }

 private:
  Mappings mappings_;
  std::uint64_t left_ = 0;
  std::unique_ptr<CopiedSource> copied_ = std::make_unique<CopiedSource>();
};

/// What is done on the thread that stops the process.
/// If memory runs out faster than RoomWatch looks, the kernel is to end the copy and not the service, which is as
/// large.
void MakeFirstVictim(pid_t copy) { std::ofstream("/proc/" + std::to_string(copy) + "/oom_score_adj") << "1000"; }

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
    if (procfs::ReadProcStatus(capture_.pid) && procfs::HasEnded(capture_.pid, capture_.pid)) {
      return Error{
          ErrorCode::kCannotMeasure,
          "its main thread has ended, by which mqtrack looks at a heap: who holds what cannot be told; mqtrack "
          "snapshot and diff work",
          capture_.process};
    }
    if (const std::optional<pid_t> stuck = threads::FindStuckThread(capture_.pid, kPatience)) {
      return Error{ErrorCode::kCannotMeasure,
                   "thread " + std::to_string(*stuck) +
                       " waits for a device, a network file system or a child of vfork and cannot be stopped, so what "
                       "it holds would not be known; nothing was done, try again",
                   capture_.process};
    }
    Result<CloneTarget> target = options_.never_clone ? Error{ErrorCode::kCannotMeasure, "as you asked", {}}
                                                      : CloneTarget::Examine(capture_.pid);
    const Result<Mappings> mappings = procfs::ReadMemoryUse(capture_.pid);
    if (target && mappings &&
        std::any_of(mappings->begin(), mappings->end(), [](const auto& each) { return each.is_filled_by_process; })) {
      // It may want to hear of forks, and has to answer while it stands.
      target = Error{ErrorCode::kCannotMeasure, "it fills in its memory itself (userfaultfd)", {}};
    }
    if (!target) {
      capture_.why_not_cloned = target.error().text;
      return mappings && !options_.force ? CheckStanding(*mappings, capture_, SkipsHoles()) : Status{};
    }
    if (mappings) uncopied_ = Uncopied(*mappings, capture_, options_.force);
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
    if (!log_taken) return log_taken;
    if (copy_ && !options_.force) WatchRoom();
    return ReadRest();
  }
  [[nodiscard]] Status Check() const { return watch_ ? watch_->Check() : Status{}; }

  [[nodiscard]] const HeapCapture& capture() const { return capture_; }
  [[nodiscard]] const MemorySource& memory() const { return *memory_; }
  void EndCopy() {
    watch_.reset();
    copy_.reset();
  }

 private:
  [[nodiscard]] bool SkipsHoles() const { return PageMap(capture_.pid).SkipsHoles(); }

  void WatchRoom() {
    const pid_t service = capture_.pid;
    watch_.emplace(
        copy_->pid(), LeastRoomFor(CostOfCopy(service)), [service] { return MemoryLimits(service); }, capture_.process);
    capture_.check = [this] { return watch_->Check(); };
  }

  [[nodiscard]] Status TakeMemory(threads::StoppedProcess& process) {
    if (target_) {
      Result<ProcessCopy> copy = target_->Clone(process);
      if (copy) {
        copy_.emplace(std::move(*copy));
        MakeFirstVictim(copy_->pid());
        capture_.cloned = true;
        uncopied_.Copy(capture_.pid);
        return {};
      }
      capture_.why_not_cloned = copy.error().text;
    }
    Result<Mappings> mappings = procfs::ReadMemoryUse(capture_.pid);
    if (!mappings) return mappings.error();
    capture_.mappings = std::move(*mappings);
    if (!options_.force) {
      if (const Status brief = CheckStanding(capture_.mappings, capture_, SkipsHoles()); !brief) return brief;
    }
    memory_ = CopyStanding(capture_.pid, capture_);
    return {};
  }

  [[nodiscard]] Status ReadRest() {
    capture_.kernel_words = procfs::ReadKernelWords(capture_.pid);
    if (copy_) {
      Result<Mappings> mappings = procfs::ReadMemoryUse(copy_->pid());
      if (!mappings) return mappings.error();
      capture_.mappings = std::move(*mappings);
      memory_ = uncopied_.AddTo(std::make_unique<ProcessSource>(copy_->pid(), capture_.pid, capture_.mappings),
                                capture_.mappings);
      capture_.not_copied = uncopied_.left();
    }
    const Result<log::LogReader> reader = log_->Reader();
    if (!reader) return reader.error();
    Result<log::LogContent> content = reader->Read(false);
    if (!content) return content.error();
    capture_.content = std::move(*content);
    if (options_.keep_log) capture_.log = std::make_shared<const log::LogCopy>(std::move(*log_));
    log_.reset();
    TakeBlocks(capture_);
    for (ThreadAtRest& thread : capture_.threads) thread.name = procfs::ReadThreadName(capture_.pid, thread.tid);
    return {};
  }

  const CaptureOptions& options_;
  std::optional<log::LogCopy> log_;
  std::optional<CloneTarget> target_;
  Uncopied uncopied_;
  HeapCapture capture_;
  std::optional<ProcessCopy> copy_;
  std::optional<RoomWatch> watch_;  // ends before the copy does
  std::unique_ptr<MemorySource> memory_;
};

}  // namespace

Status WithCapture(const process::RecordedProcess& process, const CaptureOptions& options,
                   const std::function<Status(const HeapCapture&, const MemorySource&)>& work) {
  if (options.core != nullptr) return WithCoreCapture(*options.core, work);
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
    if (const Status room = capturer.Check(); !room) status = room;  // what was found without memory is void
    capturer.EndCopy();  // here: it is this thread's, and the kernel ends it with this thread
    return status;
  });
}

}  // namespace mqtrack::heapgraph
