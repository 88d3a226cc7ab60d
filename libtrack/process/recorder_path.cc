#include "libtrack/process/recorder_path.h"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <sstream>
#include <vector>

#include "libtrack/procfs/elf_facts.h"

namespace mqtrack::process {
namespace {

namespace fs = std::filesystem;

using support::Error;
using support::ErrorCode;
using support::Result;

constexpr char kRecorderFile[] = "libmqtrack_preload.so";
constexpr char kCpuProfilerFile[] = "libprofiler.so.0";
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

// Folders of the loader's path, the user's first. Distributions have their libraries in these or one below.
std::vector<fs::path> LibraryFolders() {
  std::vector<fs::path> folders;
  const char* given = std::getenv("LD_LIBRARY_PATH");
  std::istringstream words(given == nullptr ? "" : given);
  for (std::string folder; std::getline(words, folder, ':');) {
    if (!folder.empty()) folders.emplace_back(folder);
  }
  for (const char* root : {"/usr/local/lib", "/usr/lib", "/usr/lib64"}) {
    folders.emplace_back(root);
    std::error_code error;
    for (fs::directory_iterator it(root, error), end; !error && it != end; it.increment(error)) {
      std::error_code ignored;
      if (it->is_directory(ignored)) folders.push_back(it->path());
    }
  }
  return folders;
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

Result<std::string> FindCpuProfiler() {
  for (const fs::path& folder : LibraryFolders()) {
    std::error_code error;
    const fs::path path = fs::absolute(folder / kCpuProfilerFile, error);
    if (error || !fs::exists(path, error)) continue;
    const auto elf = procfs::ReadElfFacts(path, false);
    if (elf && procfs::IsOurArchitecture(*elf)) return path.string();
  }
  return Error{ErrorCode::kCannotMeasure,
               "gperftools' CPU profiler is not installed: install libgoogle-perftools4t64 (Debian 12: "
               "libgoogle-perftools4), or look at the running service with mqtrack cpu",
               kCpuProfilerFile};
}

}  // namespace mqtrack::process
