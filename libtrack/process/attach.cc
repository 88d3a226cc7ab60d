#include "libtrack/process/attach.h"

#include <sys/stat.h>

#include <cstring>

#include "libtrack/log/attach_layout.h"
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

constexpr auto kLongestCall = std::chrono::seconds(10);

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
  Result<std::unique_ptr<SeizedThread>> thread = stop.Find(Clock::now() + std::chrono::milliseconds(timeout_ms));
  if (!thread) return thread.error();
  std::optional<Result<RemoteAnswer>> answer;
  {
    RemoteCaller caller(**thread, memory, *gadgets, target.mappings);
    const Status prepared = caller.Prepare();
    answer = prepared ? caller.Call(call, Clock::now() + kLongestCall) : Result<RemoteAnswer>(prepared.error());
  }
  thread->reset();
  const auto stopped = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - stop.stopped_at());
  if (!*answer) return Error{answer->error().code, answer->error().text, ProcessName(target.pid)};
  AttachRequest reply{};
  if (const Status good = CheckAnswer(target, **answer, reply); !good) return good.error();
  AttachOutcome outcome;
  outcome.process = ProcessName(target.pid);
  outcome.log_path = Text(reply.log_path, sizeof reply.log_path);
  outcome.modules = reply.modules;
  outcome.slots = reply.slots;
  outcome.stubborn = reply.stubborn;
  outcome.stopped_micros = stopped.count();
  outcome.looks = stop.looks();
  return outcome;
}

AttachStage StageOf(const AttachTarget& target) { return static_cast<AttachStage>(target.state.stage); }

}  // namespace

Result<AttachOutcome> Attach(pid_t pid, const AttachOptions& options) {
  const Result<AttachTarget> target = ExamineTarget(pid);
  if (!target) return target.error();
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
  RemoteCall call;
  if (target->recorder != nullptr) {
    call.function_address = target->recorder->Find(log::kAttachFunction);
  } else {
    const Result<std::string> recorder = FindRecorder(options.recorder_path);
    if (!recorder) return recorder.error();
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
