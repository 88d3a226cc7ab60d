#include "libtrack/process/run_counts.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <memory>
#include <set>
#include <thread>
#include <utility>
#include <vector>

#include "libtrack/log/environment.h"
#include "libtrack/log/layout.h"
#include "libtrack/process/discovery.h"
#include "libtrack/process/log_directory.h"
#include "libtrack/procfs/proc_status.h"
#include "libtrack/support/write_failure.h"

namespace mqtrack::process {
namespace {

using support::Error;
using support::ErrorCode;
using support::Status;

std::string PathIn(const std::filesystem::path& directory, std::uint64_t run) {
  return (directory / (std::to_string(run) + log::kTallySuffix)).string();
}

/// The run whose file this is; 0: it is none.
std::uint64_t RunOf(const std::filesystem::path& path) {
  const std::string name = path.filename().string();
  if (!name.ends_with(log::kTallySuffix)) return 0;
  std::uint64_t run = 0;
  const char* end = name.data() + name.size() - std::strlen(log::kTallySuffix);
  const auto [stop, error] = std::from_chars(name.data(), end, run);
  return error == std::errc() && stop == end ? run : 0;
}

constexpr std::chrono::milliseconds kPatience(1000), kPoll(10);

/// A pid that executed something, without the recorder starting in it.
struct Executed {
  std::uint32_t pid, count;
  std::string name;
};

std::vector<Executed> ExecutedIn(const log::RunTally& tally) {
  std::vector<Executed> executed;
  for (std::uint32_t i = 0; i < log::kTallyPids; ++i) {
    const auto count = static_cast<std::uint32_t>(tally.pids[i]);
    if (count == 0) continue;
    std::string name(tally.names[i], ::strnlen(tally.names[i], log::kTallyNameBytes));
    executed.push_back({static_cast<std::uint32_t>(tally.pids[i] >> 32), count, std::move(name)});
  }
  return executed;
}

std::unique_ptr<log::RunTally> ReadTally(int fd) {
  auto tally = std::make_unique<log::RunTally>();
  const bool is_read = ::pread(fd, tally.get(), sizeof *tally, 0) == static_cast<ssize_t>(sizeof *tally);
  if (!is_read || std::memcmp(tally->magic, log::kTallyMagic, sizeof tally->magic) != 0) return nullptr;
  return tally;
}

RunCounts CountsOf(const log::RunTally& tally) {
  RunCounts counts;
  counts.left_no_log = tally.left_no_log;
  counts.not_recorded = tally.not_recorded;
  char name[sizeof tally.last_comm + 1] = {};
  std::memcpy(name, tally.last_comm, sizeof tally.last_comm);
  counts.last = name;
  for (const Executed& executed : ExecutedIn(tally)) {  // a pid that was used again counts for each
    const std::string shown = executed.name.empty() ? "a program without a name" : executed.name;
    counts.unrecorded_programs.insert(counts.unrecorded_programs.end(), std::min(executed.count, log::kTallyPids),
                                      shown);
  }
  return counts;
}

}  // namespace

std::vector<std::string> RunCounts::UnrecordedNames() const {
  constexpr std::size_t kMostNamed = 5;
  std::vector<std::string> names;
  for (const std::string& name : unrecorded_programs) {
    if (names.size() < kMostNamed && std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  }
  return names;
}

TallyFile::~TallyFile() {
  if (fd_ >= 0) ::close(fd_);
}

Status TallyFile::Create(const std::string& log_dir, std::uint64_t run) {
  const std::vector<LogDirectory> directories = LogDirectories(log_dir);
  // Root reads every user's logs; its own are written where everybody's own are.
  const bool is_named = directories.size() == 1 && !directories.front().owner;
  const std::string directory = is_named ? directories.front().path : DefaultLogDirectory(::geteuid());
  ::mkdir(directory.c_str(), 0700);  // as the recorder does
  const std::string path = PathIn(directory, run);
  fd_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  const auto tally = std::make_unique<log::RunTally>();
  std::memcpy(tally->magic, log::kTallyMagic, sizeof tally->magic);
  tally->owner = ::geteuid();
  // Its memory is there before anybody maps it: what counts in it cannot fault.
  const int no_room = fd_ >= 0 ? ::posix_fallocate(fd_, 0, static_cast<off_t>(log::kTallyBytes)) : 0;
  const bool is_made = fd_ >= 0 && no_room == 0 &&
                       ::pwrite(fd_, tally.get(), sizeof *tally, 0) == static_cast<ssize_t>(sizeof *tally) &&
                       ::flock(fd_, LOCK_SH | LOCK_NB) == 0;
  if (is_made) return {};
  const int error = no_room != 0 ? no_room : errno;
  if (fd_ >= 0) ::unlink(path.c_str());
  return Error{ErrorCode::kSystem, std::string("cannot be written: ") + support::WhyNotWritten(error), path};
}

RunCounts TallyFile::Settled() const {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  for (;;) {
    const std::unique_ptr<log::RunTally> tally = fd_ >= 0 ? ReadTally(fd_) : nullptr;
    if (tally == nullptr) return {};
    const std::vector<Executed> executed = ExecutedIn(*tally);
    const bool is_settled = std::none_of(executed.begin(), executed.end(), [](const Executed& one) {
      const auto status = procfs::ReadProcStatus(one.pid);
      return status && status->state != 'Z';
    });
    if (is_settled || std::chrono::steady_clock::now() >= deadline) return CountsOf(*tally);
    std::this_thread::sleep_for(kPoll);
  }
}

std::optional<RunCounts> ReadRunCounts(const std::string& log_path, std::uint64_t run) {
  if (run == 0) return std::nullopt;
  const std::string path = PathIn(std::filesystem::path(log_path).parent_path(), run);
  const int fd = ::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0) return std::nullopt;
  const std::unique_ptr<log::RunTally> tally = ReadTally(fd);
  ::close(fd);
  if (tally == nullptr) return std::nullopt;
  return CountsOf(*tally);
}

void RemoveLeftTallies(const std::string& log_dir) {
  const support::Result<std::vector<RecordedProcess>> recorded = ListRecorded(log_dir);
  if (!recorded) return;
  std::set<std::uint64_t> runs;
  for (const RecordedProcess& process : *recorded) runs.insert(process.facts.run);
  for (const LogDirectory& directory : LogDirectories(log_dir)) {
    const support::Result<bool> usable = CheckLogDirectory(directory);
    if (!usable || !*usable) continue;
    std::error_code error;
    for (std::filesystem::directory_iterator it(directory.path, error), end; !error && it != end; it.increment(error)) {
      const std::uint64_t run = RunOf(it->path());
      if (run == 0 || runs.contains(run)) continue;
      const int fd = ::open(it->path().c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
      if (fd < 0) continue;
      if (::flock(fd, LOCK_EX | LOCK_NB) == 0) ::unlink(it->path().c_str());
      ::close(fd);
    }
  }
}

}  // namespace mqtrack::process
