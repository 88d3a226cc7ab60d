#include "cli/targets/gate_targets.h"

#include <filesystem>
#include <set>

#include "cli/targets/exit_snapshots.h"
#include "libtrack/process/discovery.h"

namespace mqtrack::cli {
namespace {

namespace fs = std::filesystem;
using support::Error;
using support::ErrorCode;
using support::Result;
using support::Status;

/// A folder without snapshots is meant as a folder, unless a recorded process has its name.
bool IsMeantAsFolder(const std::string& target, const std::string& log_dir) {
  std::error_code error;
  return IsFolderOfSnapshots(target) || (fs::is_directory(target, error) && !process::FindRecorded(target, log_dir));
}

Error IncompleteError(const std::string& folder) {
  return {ErrorCode::kCannotMeasure,
          "is incomplete: the run that writes it goes on, or was ended, or could not write all its snapshots; run it "
          "again into an empty folder",
          folder};
}

Status AddFolder(const std::string& folder, std::vector<std::string>& targets) {
  if (IsIncomplete(folder)) return IncompleteError(folder);
  const std::vector<std::string> files = SnapshotsIn(folder);
  for (const std::string& file : files) {
    std::error_code error;
    if (fs::is_regular_file(file, error)) continue;
    return Error{ErrorCode::kBadInput, "is no regular file, so it is no snapshot", file};
  }
  if (files.empty()) {
    return Error{ErrorCode::kCannotMeasure, "holds no snapshot (*.pb.gz), so nothing can be judged", folder};
  }
  targets.insert(targets.end(), files.begin(), files.end());
  return {};
}

/// A shell's pattern names what there is, and cannot know what was not written.
Status CheckWhole(const std::string& file) {
  std::error_code error;
  if (!fs::is_regular_file(file, error)) return {};
  const std::string folder = fs::path(file).parent_path().string();
  return IsIncomplete(folder.empty() ? "." : folder) ? Status(IncompleteError(folder.empty() ? "." : folder))
                                                     : Status();
}

Status CheckEachOnce(const std::vector<std::string>& targets) {
  std::set<std::string> seen;
  for (const std::string& target : targets) {
    std::error_code error;
    const fs::path file = fs::canonical(target, error);
    if (seen.insert(error ? target : file.string()).second) continue;
    return Error{ErrorCode::kBadInput, "is named twice, and would count twice; name it once", target};
  }
  return {};
}

}  // namespace

Result<std::vector<std::string>> GateTargets(const std::vector<std::string>& named, const std::string& log_dir) {
  std::vector<std::string> targets;
  for (const std::string& target : named) {
    if (IsMeantAsFolder(target, log_dir)) {
      if (const Status added = AddFolder(target, targets); !added) return added.error();
      continue;
    }
    if (const Status whole = CheckWhole(target); !whole) return whole.error();
    targets.push_back(target);
  }
  if (const Status once = CheckEachOnce(targets); !once) return once.error();
  return targets;
}

}  // namespace mqtrack::cli
