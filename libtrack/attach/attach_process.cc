#include "libtrack/attach/attach_process.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <optional>
#include <vector>

#include "libtrack/attach/attach_target.h"
#include "libtrack/attach/descriptor_passage.h"
#include "libtrack/attach/filter_check.h"
#include "libtrack/attach/remote/remote_call.h"
#include "libtrack/attach/safe_stop.h"
#include "libtrack/attach/target_view.h"
#include "libtrack/log/attach_layout.h"
#include "libtrack/log/environment.h"
#include "libtrack/process/log_for_target.h"
#include "libtrack/process/recorder_path.h"
#include "libtrack/process/whereabouts.h"
#include "libtrack/procfs/ptrace_refusal.h"
#include "libtrack/support/file.h"
#include "libtrack/threads/urgency.h"

namespace mqtrack::attach {
namespace {

using log::AttachRequest;
using log::AttachResult;
using log::AttachStage;
using support::Error;
using support::ErrorCode;
using support::Result;
using support::Status;

constexpr auto kLongestCall = std::chrono::seconds(30);
constexpr std::size_t kMostThreads = 1500;  // further ones are not listed; they have to fit into the request

std::vector<std::byte> ToBytes(const AttachRequest& request) {
  std::vector<std::byte> bytes(sizeof request);
  std::memcpy(bytes.data(), &request, sizeof request);
  return bytes;
}

std::string Text(const char* text, std::size_t capacity) { return std::string(text, ::strnlen(text, capacity)); }

/// What to do where the loader's own sentence says nothing of it.
std::string Remedy(const std::string& error) {
  if (error.find("static TLS block") == std::string::npos) return {};
  return "; its other libraries have used up what the C library sets aside: start it by mqtrack run, or with more in "
         "its "
         "environment (GLIBC_TUNABLES=glibc.rtld.optional_static_tls=1024)";
}

Status CheckAnswer(const AttachTarget& target, const RemoteAnswer& answer, AttachRequest& request) {
  const std::string who = procfs::ProcessName(target.pid);
  std::memcpy(&request, answer.request.data(), sizeof request);
  if (!answer.error.empty()) {
    return Error{ErrorCode::kCannotMeasure,
                 "could not load the recorder (" + answer.error + "); nothing was changed" + Remedy(answer.error), who};
  }
  if (answer.result == static_cast<std::uint64_t>(AttachResult::kDone)) return {};
  return Error{ErrorCode::kCannotMeasure,
               "the recorder refused: " + Text(request.why, sizeof request.why) + "; nothing is recorded", who};
}

std::int64_t Micros(threads::Clock::time_point from, threads::Clock::time_point to) {
  return std::chrono::duration_cast<std::chrono::microseconds>(to - from).count();
}

/// What is made here and has to come into the process.
struct Belongings {
  support::FileHandle library;  // not valid: it opens the library by its path
  std::optional<process::LogForTarget> log;
  [[nodiscard]] std::vector<int> Descriptors() const {
    std::vector<int> descriptors;
    if (library.valid()) descriptors.push_back(library.get());
    if (log) descriptors.push_back(log->file.get());
    return descriptors;
  }
};

/// Puts them there, and says so in the call and in the request.
Result<std::vector<int>> Bring(const Belongings& belongings, RemoteCaller& caller, const RemoteMemory& memory,
                               RemoteCall& call, AttachRequest& request) {
  request.library_descriptor = request.log_descriptor = -1;
  const std::vector<int> descriptors = belongings.Descriptors();
  if (descriptors.empty()) return std::vector<int>();
  Result<std::vector<int>> numbers = PassDescriptors(caller, memory, descriptors);
  if (!numbers) return numbers;
  if (belongings.log) request.log_descriptor = numbers->back();
  if (belongings.library.valid()) {
    request.library_descriptor = numbers->front();
    call.path = "/proc/self/fd/" + std::to_string(numbers->front());
  }
  return numbers;
}

/// The request, and behind it the threads that were found, with their names.
std::vector<std::byte> WithThreads(AttachRequest& request, pid_t pid, std::vector<log::ThreadBefore> threads) {
  threads.resize(std::min(threads.size(), kMostThreads));
  request.thread_count = threads.size();
  std::vector<std::byte> bytes = ToBytes(request);
  for (log::ThreadBefore& thread : threads) {
    const auto name =
        support::ReadFile("/proc/" + std::to_string(pid) + "/task/" + std::to_string(thread.tid) + "/comm", 64);
    if (name) name->copy(thread.name, std::min(name->find('\n'), sizeof thread.name - 1));
    const auto* raw = reinterpret_cast<const std::byte*>(&thread);
    bytes.insert(bytes.end(), raw, raw + sizeof thread);
  }
  return bytes;
}

/// On the thread that was found: everything that is done in the process.
Result<RemoteAnswer> CallIn(const AttachTarget& target, const RemoteMemory& memory, const Gadgets& gadgets,
                            threads::SeizedThread& thread, std::vector<log::ThreadBefore> others, RemoteCall call,
                            AttachRequest request, const Belongings& belongings) {
  thread.SuspendFilters();
  RemoteCaller caller(thread, memory, gadgets, target.mappings);
  if (const Status prepared = caller.Prepare(); !prepared) return prepared.error();
  const Result<std::vector<int>> brought = Bring(belongings, caller, memory, call, request);
  if (!brought) return brought.error();
  call.request = WithThreads(request, target.pid, std::move(others));
  return caller.Call(call, threads::Clock::now() + kLongestCall, *brought);
}

/// Stops the process, makes the call, lets it go on.
Result<AttachOutcome> Perform(const AttachTarget& target, RemoteCall call, std::int64_t timeout_ms,
                              const AttachRequest& request, const Belongings& belongings) {
  const RemoteMemory memory(target.pid);
  const std::optional<Gadgets> gadgets = FindGadgets(memory, *target.libc);
  if (!gadgets) {
    return Error{ErrorCode::kCannotMeasure, "its C library is not built as expected, so no call can be made in it",
                 procfs::ProcessName(target.pid)};
  }
  call.dlopen = target.libc->Find("dlopen");
  call.dlsym = target.libc->Find("dlsym");
  call.dlerror = target.libc->Find("dlerror");
  SafeStop stop(target, memory);
  const threads::Urgency urgency;
  Result<std::unique_ptr<threads::SeizedThread>> thread =
      stop.Find(threads::Clock::now() + std::chrono::milliseconds(timeout_ms));
  if (!thread) return thread.error();
  const Result<RemoteAnswer> answer =
      CallIn(target, memory, *gadgets, **thread, stop.others(), std::move(call), request, belongings);
  thread->reset();
  const threads::Clock::time_point end = threads::Clock::now();
  if (!answer) return Error{answer.error().code, answer.error().text, procfs::ProcessName(target.pid)};
  AttachRequest reply{};
  if (const Status good = CheckAnswer(target, *answer, reply); !good) return good.error();
  AttachOutcome outcome;
  outcome.process = procfs::ProcessName(target.pid);
  outcome.log_path = Text(reply.log_path, sizeof reply.log_path);
  outcome.modules = reply.modules;
  outcome.slots = reply.slots;
  outcome.stubborn = reply.stubborn;
  outcome.threads = static_cast<std::int64_t>(stop.threads());
  outcome.stopped_micros = Micros(stop.stopped_at(), stop.others_went_on_at());
  outcome.call_micros = Micros(stop.stopped_at(), end);
  outcome.looks = stop.looks();
  return outcome;
}

AttachStage StageOf(const AttachTarget& target) { return static_cast<AttachStage>(target.state.stage); }

/// Where the process opens the recorder: by its path if it sees it there and may read it, else through a descriptor.
Status ChooseLibrary(pid_t pid, const AttachOptions& options, RemoteCall& call, Belongings& belongings) {
  const Result<std::string> recorder = process::FindRecorder(options.recorder_path);
  if (!recorder) return recorder.error();
  call.path = *recorder;
  if (SeesTheSame(pid, *recorder) && MayRead(pid, *recorder)) return {};
  belongings.library = support::FileHandle(::open(recorder->c_str(), O_RDONLY | O_CLOEXEC));
  if (belongings.library.valid()) return {};
  return Error{ErrorCode::kSystem, std::string("cannot open the recorder: ") + std::strerror(errno), *recorder};
}

/// The folder in which the directory of logs is, or would be made.
std::string FolderOfLogs(const AttachOptions& options) {
  const std::string path = options.log_dir.empty() ? log::kDefaultLogDirPrefix : options.log_dir;
  return std::filesystem::path(path).parent_path().string();
}

Result<log::AttachCalls> CallsIn(pid_t pid, const CallPurpose& purpose) {
  const Result<CallFilters> filters = ReadCallFilters(pid);
  if (!filters) return filters.error();
  const Result<log::AttachCalls> calls = ChooseCalls(*filters, purpose);
  if (!calls) return Error{calls.error().code, calls.error().text, procfs::ProcessName(pid)};
  return calls;
}

}  // namespace

Result<AttachOutcome> Attach(pid_t pid, const AttachOptions& options) {
  const Result<AttachTarget> target = ExamineTarget(pid);
  if (!target) return target.error();
  if (target->recorder != nullptr && StageOf(*target) == AttachStage::kUnknown) {
    return Error{ErrorCode::kCannotMeasure, "is loading the recorder at this moment; try again",
                 procfs::ProcessName(pid)};
  }
  if (target->recorder != nullptr && StageOf(*target) != AttachStage::kIdle) {
    return Error{ErrorCode::kBadInput,
                 std::string("is recorded already (") +
                     (StageOf(*target) == AttachStage::kAttached ? "attached" : "started under the recorder") +
                     "); look at it as it is, by its pid or name",
                 procfs::ProcessName(pid)};
  }
  AttachRequest request{};
  request.version = log::kAttachVersion;
  request.limit_bytes = options.log_limit_bytes;
  request.sample_bytes = options.sample_bytes;
  request.without_kinds = options.without_kinds;
  if (options.log_dir.size() >= sizeof request.directory)
    return Error{ErrorCode::kBadInput, "the path is too long", options.log_dir};
  std::memcpy(request.directory, options.log_dir.data(), options.log_dir.size());
  RemoteCall call;
  Belongings belongings;
  if (target->recorder != nullptr) {
    call.function_address = target->recorder->Find(log::kAttachFunction);
  } else {
    call.function = log::kAttachFunction;
    if (const Status found = ChooseLibrary(pid, options, call, belongings); !found) return found.error();
  }
  const bool log_from_here = !SharesPids(pid) || !SeesTheSame(pid, FolderOfLogs(options));
  const Result<log::AttachCalls> calls =
      CallsIn(pid, {target->recorder == nullptr, true, log_from_here || belongings.library.valid()});
  if (!calls) return calls.error();
  request.calls = static_cast<std::uint32_t>(*calls);
  if (log_from_here || belongings.library.valid()) {
    if (const Status has = CheckHasProc(pid); !has) return has.error();
  }
  if (log_from_here) {
    Result<process::LogForTarget> log = process::MakeLogForTarget(pid, options.log_dir);
    if (!log) return log.error();
    request.pid = static_cast<std::uint32_t>(pid);
    request.uid = log->uid;
    request.start_ticks = log->start_ticks;
    request.pid_namespace = process::OwnPidNamespace();
    belongings.log = std::move(*log);
  } else if (*calls == log::AttachCalls::kFew) {
    if (const Status made = process::MakeLogDirectory(pid, options.log_dir); !made) return made.error();
  }
  Result<AttachOutcome> outcome = Perform(*target, std::move(call), options.timeout_ms, request, belongings);
  if (belongings.log && outcome) outcome->log_path = belongings.log->path;
  if (belongings.log && !outcome) ::unlink(belongings.log->path.c_str());
  return outcome;
}

Result<AttachOutcome> Detach(pid_t pid, std::int64_t timeout_ms) {
  const Result<AttachTarget> target = ExamineTarget(pid);
  if (!target) return target.error();
  if (target->recorder == nullptr || StageOf(*target) == AttachStage::kIdle) {
    return Error{ErrorCode::kBadInput, "is not attached, so there is nothing to detach", procfs::ProcessName(pid)};
  }
  if (StageOf(*target) != AttachStage::kAttached) {
    return Error{ErrorCode::kBadInput,
                 "was started under the recorder, which can only be taken out of a process that it was attached to",
                 procfs::ProcessName(pid)};
  }
  AttachRequest request{};
  request.version = log::kAttachVersion;
  if (const Result<log::AttachCalls> calls = CallsIn(pid, {}); !calls) return calls.error();
  RemoteCall call;
  call.function_address = target->recorder->Find(log::kDetachFunction);
  return Perform(*target, std::move(call), timeout_ms, request, {});
}

}  // namespace mqtrack::attach
