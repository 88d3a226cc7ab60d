#include "cli/targets/looked_at.h"

#include <optional>

#include "cli/options/option_types.h"
#include "libtrack/corefile/core_file.h"
#include "libtrack/snapshot/load_target.h"

namespace mqtrack::cli {

using process::RecordedProcess;
using support::Error;
using support::ErrorCode;
using support::Result;

void LookedAt::AddTo(CLI::App& app) {
  app.add_option(
      "TARGET", target_,
      "The pid, name or log of a recorded process that runs; or a core file, such as snapshot --core writes");
  AddText(app, "--core", core_path_, "FILE",
          "Look at the memory in this core file, of a process that crashed, instead of at a running process; TARGET is "
          "its log, which is looked for without one")
      ->group("Looking");
  looking_.AddTo(app);
}

heapgraph::CaptureOptions LookedAt::ForCapture() const {
  heapgraph::CaptureOptions options = looking_.ForCapture();
  options.core = core_;
  return options;
}

std::vector<std::string> LookedAt::Notes(bool has_unknown_heap, std::uint64_t unreadable) const {
  const bool ran_on = core_ != nullptr && !core_->is_same_moment;  // that note says it already
  std::vector<std::string> notes = NotesOf(has_unknown_heap && !ran_on, unreadable);
  if (core_ == nullptr) return notes;
  std::vector<std::string> all = core_->Notes();
  all.insert(all.end(), notes.begin(), notes.end());
  return all;
}

std::string LookedAt::NameForOthers() const {
  if (core_ == nullptr) return target_;
  return core_->image == nullptr ? core_->process.log_path : std::string();
}

Result<RecordedProcess> LookedAt::Find(const std::string& log_dir, Moment moment) {
  if (target_.empty() && core_path_.empty())
    return Error{ErrorCode::kBadInput, "say which process: TARGET, or --core FILE", "no TARGET"};
  if (!core_path_.empty() || corefile::CoreFile::LooksLikeOne(target_)) return FindCore(log_dir, moment);
  return FindMeasurable(target_, log_dir);
}

Result<RecordedProcess> LookedAt::FindCore(const std::string& log_dir, Moment moment) {
  std::optional<RecordedProcess> given;
  if (!core_path_.empty() && !target_.empty()) {
    Result<RecordedProcess> found =
        snapshot::IsFileOrUrl(target_) ? process::OpenLog(target_) : process::FindRecorded(target_, log_dir);
    if (!found) return found;
    given = std::move(*found);
  }
  const std::string& path = core_path_.empty() ? target_ : core_path_;
  Result<std::shared_ptr<const heapgraph::CoreTarget>> core = heapgraph::OpenCoreTarget(path, given, log_dir);
  if (!core) return core.error();
  core_ = std::move(*core);
  std::string all;
  if (moment == Moment::kOneOnly && !core_->is_same_moment) {
    all =
        "the process ran on after it was written, and its log with it, so what was alive then is not known (a core "
        "file with the log in it, of a process that runs: mqtrack snapshot TARGET --core FILE)";
  }
  for (const std::string& reason : ReasonsOfRecording(core_->process.facts)) all += (all.empty() ? "" : "; ") + reason;
  if (all.empty()) return core_->process;
  return Error{ErrorCode::kCannotMeasure, all, path};
}

}  // namespace mqtrack::cli
