#include "libtrack/process/recorder_path.h"

#include <unistd.h>

#include <filesystem>
#include <vector>

namespace mqtrack::process {
namespace {

namespace fs = std::filesystem;

using support::Error;
using support::ErrorCode;
using support::Result;

constexpr char kRecorderFile[] = "libmqtrack_preload.so";
constexpr char kCrashReporterFile[] = "libmqtrack_crash.so";
// How far above an executable of the build tree the tree's root may lie (build/tests/unit/process/x).
constexpr int kBuildTreeDepth = 4;

std::vector<fs::path> Candidates(const fs::path& directory) {
  std::vector<fs::path> paths{directory / kRecorderFile, directory.parent_path() / "lib" / "mqtrack" / kRecorderFile};
  fs::path parent = directory.parent_path();
  for (int i = 0; i < kBuildTreeDepth && parent.has_relative_path(); ++i, parent = parent.parent_path()) {
    paths.push_back(parent / "preload" / kRecorderFile);
  }
  return paths;
}

}  // namespace

Result<std::string> FindRecorder(const std::string& preferred) {
  std::error_code error;
  if (!preferred.empty()) {
    const fs::path path = fs::absolute(preferred, error);
    if (fs::is_regular_file(path, error)) return path.string();
    return Error{ErrorCode::kNotFound, "no recorder library there", preferred};
  }
  const fs::path self = fs::read_symlink("/proc/self/exe", error);
  if (error)
    return Error{ErrorCode::kSystem, "cannot tell where mqtrack is installed: " + error.message(), "/proc/self/exe"};
  std::string tried;
  for (const fs::path& path : Candidates(self.parent_path())) {
    if (fs::is_regular_file(path, error)) return path.string();
    tried += (tried.empty() ? "" : ", ") + path.string();
  }
  return Error{ErrorCode::kNotFound, "the recorder library is missing; looked for " + tried + "; install mqtrack again",
               kRecorderFile};
}

Result<std::string> FindCrashReporter(const std::string& recorder) {
  const fs::path path = fs::path(recorder).parent_path() / kCrashReporterFile;
  std::error_code error;
  if (fs::is_regular_file(path, error)) return path.string();
  return Error{ErrorCode::kNotFound, "the crash reporter is missing beside the recorder; install mqtrack again",
               path.string()};
}

}  // namespace mqtrack::process
