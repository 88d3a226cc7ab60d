#include "cli/targets/running_target.h"

#include <filesystem>

#include "libtrack/snapshot/load_target.h"
#include "libtrack/support/units.h"

namespace mqtrack::cli {
namespace {

using support::Error;
using support::ErrorCode;
using support::Result;

constexpr char kNoMemory[] =
    "holds no memory of a process, and who points to what is seen nowhere else: name a recorded process that runs, or "
    "a core file";

std::string NameOf(const process::RecordedProcess& process) {
  return process.facts.comm + " (pid " + std::to_string(process.Pid()) + ")";
}

}  // namespace

Result<process::RecordedProcess> FindRunning(const std::string& target, const std::string& log_dir) {
  Result<process::RecordedProcess> process = Error{};
  if (snapshot::IsFileOrUrl(target)) {
    process =
        target.find("://") == std::string::npos ? process::OpenLog(target) : Result<process::RecordedProcess>(Error{});
    // What may not be read may be anything.
    if (!process && process.error().code == ErrorCode::kSystem) return process.error();
    if (!process || !process->error.empty()) return Error{ErrorCode::kBadInput, kNoMemory, target};
  } else {
    process = process::FindRecorded(target, log_dir);
    if (!process) return process;
  }
  if (process->IsAlive() && process->where.pid != 0) return process;
  return Error{
      ErrorCode::kCannotMeasure,
      "has ended, and its memory is gone with it: who points to what can be asked of a running process, or of the core "
      "file that it has left (leaks, owners and why take --core FILE)",
      NameOf(*process)};
}

std::vector<std::string> ReasonsNotToLook(const process::RecordedProcess& process) {
  std::vector<std::string> reasons = ReasonsOfRecording(process.facts);
  if (process::StateOf(process) != process::ProcessState::kAlive)
    reasons.emplace(reasons.begin(), "it is recorded no more");
  return reasons;
}

std::vector<std::string> ReasonsOfRecording(const log::LogFacts& facts) {
  std::vector<std::string> reasons;
  if ((facts.recorded_kinds & log::KindBit(log::Kind::kHeapBlock)) == 0)
    reasons.emplace_back("its heap is not recorded (--without heap)");
  if (facts.SamplingInterval() != 0) {
    reasons.push_back("only a sample of its blocks is recorded (one in about " +
                      support::FormatBytes(static_cast<std::int64_t>(facts.SamplingInterval())) +
                      "), and the others could hold them: record it without --sample");
  }
  if (facts.TotalLosses() != 0) {
    reasons.push_back("the recording has missed " + support::FormatCount(static_cast<std::int64_t>(facts.TotalLosses())) +
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

void LookingOptions::AddTo(CLI::App& app) {
  const std::string looking = "Looking";
  app.add_flag("--force", force_, "Whatever memory is left, and however long the service stands still")->group(looking);
  app.add_flag("--copy", copy_, "Copy its memory while it stands still, instead of having it clone itself")
      ->group(looking);
}

Result<process::RecordedProcess> FindMeasurable(const std::string& target, const std::string& log_dir) {
  Result<process::RecordedProcess> process = FindRunning(target, log_dir);
  if (!process) return process;
  std::string all;
  for (const std::string& reason : ReasonsNotToLook(*process)) all += (all.empty() ? "" : "; ") + reason;
  if (all.empty()) return process;
  return Error{ErrorCode::kCannotMeasure, all, NameOf(*process)};
}

std::vector<std::string> NotesOf(bool has_unknown_heap, std::uint64_t unreadable) {
  std::vector<std::string> notes;
  if (has_unknown_heap) {
    notes.emplace_back(
        "the heap holds blocks from before the recording, which count as holders, and so does what was freed of it "
        "since");
  }
  if (unreadable != 0) {
    notes.push_back(support::FormatCount(static_cast<std::int64_t>(unreadable)) +
                    (unreadable == 1 ? " part of its memory could not be read: what only it holds looks lost"
                                     : " parts of its memory could not be read: what only they hold looks lost"));
  }
  return notes;
}

Error OverlappingBlocks(std::uint64_t count, const process::RecordedProcess& process) {
  return {ErrorCode::kCannotMeasure,
          support::FormatCount(static_cast<std::int64_t>(count)) +
              " recorded blocks lie in others, so blocks were freed past the recorder and what is alive is not known",
          NameOf(process)};
}

}  // namespace mqtrack::cli
