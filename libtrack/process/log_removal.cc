#include "libtrack/process/log_removal.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <string>

#include "libtrack/log/layout.h"
#include "libtrack/process/log_directory.h"
#include "libtrack/support/base_name.h"
#include "libtrack/support/file.h"

namespace mqtrack::process {
namespace {

using support::Error;
using support::ErrorCode;
using support::FileHandle;
using support::Status;

/// What is read of the header: whose log it is, and whether it is written to.
struct Essence {
  log::State state = log::State::kStarting;
  std::uint32_t pid = 0;
  std::uint64_t start_ticks = 0;
};

template <typename Field>
bool ReadField(int fd, std::size_t offset, Field& field) {
  return ::pread(fd, &field, sizeof field, static_cast<off_t>(offset)) == static_cast<ssize_t>(sizeof field);
}

bool ReadEssence(int fd, Essence& essence) {
  std::uint32_t state = 0;
  const bool is_read = ReadField(fd, offsetof(log::Header, state), state) &&
                       ReadField(fd, offsetof(log::Header, pid), essence.pid) &&
                       ReadField(fd, offsetof(log::Header, start_ticks), essence.start_ticks);
  essence.state = static_cast<log::State>(state);
  return is_read;
}

/// The process still maps the log, though it writes no more. The header stays: it is all that the recorder may look at
/// when the process forks or is attached to again. What is behind it would read as zeros.
void GiveMemoryBack(const RecordedProcess& process) {
  const FileHandle file(::open(process.log_path.c_str(), O_RDWR | O_NOFOLLOW | O_CLOEXEC));
  Essence essence;
  struct stat info {};
  // Of the very file that is open now: the process may just have been attached to again.
  if (!file.valid() || !ReadEssence(file.get(), essence) || ::fstat(file.get(), &info) != 0) return;
  if (essence.state != log::State::kEnded || essence.pid != process.facts.pid ||
      essence.start_ticks != process.facts.start_ticks || info.st_size <= static_cast<off_t>(log::kHeaderBytes))
    return;
  (void)::fallocate(file.get(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, static_cast<off_t>(log::kHeaderBytes),
                    info.st_size - static_cast<off_t>(log::kHeaderBytes));
}

}  // namespace

std::int64_t LogBytes(const RecordedProcess& process) {
  constexpr std::int64_t kBlockBytes = 512;  // of st_blocks, whatever the file system's are
  struct stat info {};
  return ::lstat(process.log_path.c_str(), &info) == 0 ? std::int64_t{info.st_blocks} * kBlockBytes : 0;
}

bool IsOfAnotherUser(const RecordedProcess& process) {
  struct stat info {};
  return ::lstat(process.log_path.c_str(), &info) == 0 && info.st_uid != ::geteuid();
}

bool IsRecordedNoMore(const RecordedProcess& process) {
  const ProcessState state = StateOf(process);
  return state == ProcessState::kDetached || state == ProcessState::kUnrecorded;
}

Status CheckRemovable(const RecordedProcess& process) {
  const auto name = ParseLogName(std::string(support::BaseName(process.log_path)));
  if (!name) return Error{ErrorCode::kBadInput, "not the name of a log, so it is not removed", process.log_path};
  const std::string who = "process " + std::to_string(process.IsAlive() ? process.Pid() : name->pid);
  if (process.IsAlive() && !IsRecordedNoMore(process)) {
    const bool is_attached = process.facts.origin == log::Origin::kAttach;
    return Error{ErrorCode::kBadInput,
                 who + " is still running and writes to it; " +
                     (is_attached ? "end that with `mqtrack detach " + std::to_string(process.Pid()) + "`"
                                  : std::string("stop it first")),
                 process.log_path};
  }
  if (StateOf(process) == ProcessState::kUnseen) {
    return Error{ErrorCode::kBadInput,
                 who + " may still run in a container that cannot be seen from here; remove the file if it does not",
                 process.log_path};
  }
  return {};
}

Status RemoveLog(const RecordedProcess& process) {
  if (const Status removable = CheckRemovable(process); !removable) return removable;
  if (StateOf(process) == ProcessState::kDetached) GiveMemoryBack(process);
  if (::unlink(process.log_path.c_str()) != 0 && errno != ENOENT) {
    return Error{ErrorCode::kSystem, std::string("cannot remove it: ") + std::strerror(errno), process.log_path};
  }
  return {};
}

}  // namespace mqtrack::process
