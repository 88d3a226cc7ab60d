#include "libtrack/process/attach.h"

#include <sched.h>

#include <cstring>
#include <filesystem>

#include "libtrack/log/attach_layout.h"
#include "libtrack/log/environment.h"
#include "libtrack/process/attach_target.h"
#include "libtrack/process/launch.h"
#include "libtrack/process/ptrace_refusal.h"
#include "libtrack/process/remote_call.h"
#include "libtrack/process/safe_stop.h"

namespace mqtrack::process {
namespace {

using log::AttachRequest;
using log::AttachResult;
using log::AttachStage;
using support::Error;
using support::ErrorCode;
using support::Result;
using support::Status;

constexpr auto kLongestCall = std::chrono::seconds(30);

std::vector<std::byte> ToBytes(const AttachRequest& request) {
  std::vector<std::byte> bytes(sizeof request);
  std::memcpy(bytes.data(), &request, sizeof request);
  return bytes;
}

std::string Text(const char* text, std::size_t capacity) { return std::string(text, ::strnlen(text, capacity)); }

Status CheckAnswer(const AttachTarget& target, const RemoteAnswer& answer, AttachRequest& request) {
  const std::string who = ProcessName(target.pid);
  std::memcpy(&request, answer.request.data(), sizeof request);
  if (!answer.error.empty()) {
    return Error{ErrorCode::kCannotMeasure, "could not load the recorder (" + answer.error + "); nothing was changed",
                 who};
  }
  if (answer.result == static_cast<std::uint64_t>(AttachResult::kDone)) return {};
  return Error{ErrorCode::kCannotMeasure,
               "the recorder refused: " + Text(request.why, sizeof request.why) + "; nothing is recorded", who};
}

std::int64_t Micros(Clock::time_point from, Clock::time_point to) {
  return std::chrono::duration_cast<std::chrono::microseconds>(to - from).count();
}

/// Runs before others while it lives, if the caller may: on a busy machine a service would otherwise stand still for as
/// long as it takes us to get our turn, at each step.
class Urgency {
 public:
  Urgency() : before_(::sched_getscheduler(0)) {
    const sched_param lowest{.sched_priority = 1};
    raised_ = before_ == SCHED_OTHER && ::sched_setscheduler(0, SCHED_FIFO, &lowest) == 0;
  }
  ~Urgency() {
    const sched_param none{.sched_priority = 0};
    if (raised_) ::sched_setscheduler(0, before_, &none);
  }
  Urgency(const Urgency&) = delete;
  Urgency& operator=(const Urgency&) = delete;

 private:
  int before_;
  bool raised_;
};

/// Stops the process, makes the call, lets it go on.
Result<AttachOutcome> Perform(const AttachTarget& target, RemoteCall call, std::int64_t timeout_ms,
                              const AttachRequest& request) {
  const RemoteMemory memory(target.pid);
  const std::optional<Gadgets> gadgets = FindGadgets(memory, *target.libc);
  if (!gadgets) {
    return Error{ErrorCode::kCannotMeasure, "its C library is not built as expected, so no call can be made in it",
                 ProcessName(target.pid)};
  }
  call.dlopen = target.libc->Find("dlopen");
  call.dlsym = target.libc->Find("dlsym");
  call.dlerror = target.libc->Find("dlerror");
  call.request = ToBytes(request);
  SafeStop stop(target, memory);
  const Urgency urgency;
  Result<std::unique_ptr<SeizedThread>> thread = stop.Find(Clock::now() + std::chrono::milliseconds(timeout_ms));
  if (!thread) return thread.error();
  std::optional<Result<RemoteAnswer>> answer;
  {
    RemoteCaller caller(**thread, memory, *gadgets, target.mappings);
    const Status prepared = caller.Prepare();
    answer = prepared ? caller.Call(call, Clock::now() + kLongestCall) : Result<RemoteAnswer>(prepared.error());
  }
  thread->reset();
  const Clock::time_point end = Clock::now();
  if (!*answer) return Error{answer->error().code, answer->error().text, ProcessName(target.pid)};
  AttachRequest reply{};
  if (const Status good = CheckAnswer(target, **answer, reply); !good) return good.error();
  AttachOutcome outcome;
  outcome.process = ProcessName(target.pid);
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

}  // namespace

Result<AttachOutcome> Attach(pid_t pid, const AttachOptions& options) {
  const Result<AttachTarget> target = ExamineTarget(pid);
  if (!target) return target.error();
  if (target->recorder != nullptr && StageOf(*target) == AttachStage::kUnknown) {
    return Error{ErrorCode::kCannotMeasure, "is loading the recorder at this moment; try again", ProcessName(pid)};
  }
  if (target->recorder != nullptr && StageOf(*target) != AttachStage::kIdle) {
    return Error{ErrorCode::kBadInput,
                 std::string("is recorded already (") +
                     (StageOf(*target) == AttachStage::kAttached ? "attached" : "started under the recorder") +
                     "); look at it with mqtrack list",
                 ProcessName(pid)};
  }
  AttachRequest request{};
  request.version = log::kAttachVersion;
  request.limit_bytes = options.log_limit_bytes;
  request.sample_bytes = options.sample_bytes;
  request.without_kinds = options.without_kinds;
  if (options.log_dir.size() >= sizeof request.directory)
    return Error{ErrorCode::kBadInput, "the path is too long", options.log_dir};
  std::memcpy(request.directory, options.log_dir.data(), options.log_dir.size());
  const std::string log_parent = options.log_dir.empty() ? log::kDefaultLogDirPrefix : options.log_dir;
  const std::string folder = std::filesystem::path(log_parent).parent_path().string();
  if (Status seen = CheckSeesTheSame(pid, folder); !seen) return seen.error();
  RemoteCall call;
  if (target->recorder != nullptr) {
    call.function_address = target->recorder->Find(log::kAttachFunction);
  } else {
    const Result<std::string> recorder = FindRecorder(options.recorder_path);
    if (!recorder) return recorder.error();
    if (Status seen = CheckSeesTheSame(pid, *recorder); !seen) return seen.error();
    call.path = *recorder;
    call.function = log::kAttachFunction;
  }
  return Perform(*target, std::move(call), options.timeout_ms, request);
}

Result<AttachOutcome> Detach(pid_t pid, std::int64_t timeout_ms) {
  const Result<AttachTarget> target = ExamineTarget(pid);
  if (!target) return target.error();
  if (target->recorder == nullptr || StageOf(*target) == AttachStage::kIdle) {
    return Error{ErrorCode::kBadInput, "is not attached, so there is nothing to detach", ProcessName(pid)};
  }
  if (StageOf(*target) != AttachStage::kAttached) {
    return Error{ErrorCode::kBadInput,
                 "was started under the recorder, which can only be taken out of a process that it was attached to",
                 ProcessName(pid)};
  }
  AttachRequest request{};
  request.version = log::kAttachVersion;
  RemoteCall call;
  call.function_address = target->recorder->Find(log::kDetachFunction);
  return Perform(*target, std::move(call), timeout_ms, request);
}

}  // namespace mqtrack::process
