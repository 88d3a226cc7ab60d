#include "cli/running_target.h"

#include <filesystem>

#include "libtrack/snapshot/load_target.h"
#include "libtrack/support/units.h"

namespace mqtrack::cli {
namespace {

using support::Error;
using support::ErrorCode;
using support::Result;

constexpr char kNoMemory[] =
    "holds no memory of a process, and who points to what is seen nowhere else: name a recorded process that runs";

}  // namespace

Result<process::RecordedProcess> FindRunning(const std::string& target, const std::string& log_dir) {
  Result<process::RecordedProcess> process = Error{};
  if (snapshot::IsFileOrUrl(target)) {
    process =
        target.find("://") == std::string::npos ? process::OpenLog(target) : Result<process::RecordedProcess>(Error{});
    if (!process || !process->error.empty()) return Error{ErrorCode::kBadInput, kNoMemory, target};
  } else {
    process = process::FindRecorded(target, log_dir);
    if (!process) return process;
  }
  if (process->IsAlive() && process->where.pid != 0) return process;
  return Error{ErrorCode::kCannotMeasure,
               "has ended, and its memory is gone with it: who points to what can be asked of a running process only",
               process->facts.comm + " (pid " + std::to_string(process->Pid()) + ")"};
}

std::vector<std::string> ReasonsNotToLook(const process::RecordedProcess& process) {
  const log::LogFacts& facts = process.facts;
  std::vector<std::string> reasons;
  if (process::StateOf(process) != process::ProcessState::kAlive) reasons.emplace_back("it is recorded no more");
  if ((facts.recorded_kinds & log::KindBit(log::Kind::kHeapBlock)) == 0)
    reasons.emplace_back("its heap is not recorded (--without heap)");
  if (facts.SamplingInterval() != 0) {
    reasons.push_back("only a sample of its blocks is recorded (one in about " +
                      support::FormatBytes(static_cast<std::int64_t>(facts.SamplingInterval())) +
                      "), and the others could hold them: record it without --sample");
  }
  if (facts.TotalLosses() != 0) {
    reasons.push_back("the recording has lost " + support::FormatCount(static_cast<std::int64_t>(facts.TotalLosses())) +
                      " events, and blocks that are not known could hold others: record again with more shared memory");
  }
  if (facts.replaced != 0) {
    reasons.push_back(support::FormatCount(static_cast<std::int64_t>(facts.replaced)) +
                      " blocks were freed past the recorder, so what is alive is not known");
  }
  if (!facts.unseen_call.empty())
    reasons.push_back("it calls an allocator's own function, which the recorder does not see (" + facts.UnseenCall() +
                      ")");
  return reasons;
}

}  // namespace mqtrack::cli
