#include "libtrack/process/process_end.h"

#include <sys/wait.h>
#include <time.h>

#include <csignal>
#include <cstring>

#include "libtrack/log/reader.h"
#include "libtrack/support/file.h"

namespace mqtrack::process {
namespace {

std::int64_t MicrosecondsSinceBoot() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);  // the clock of the kernel's log
  return std::int64_t{now.tv_sec} * 1'000'000 + now.tv_nsec / 1000;
}

}  // namespace

void EndWatch::Begin(std::int64_t pid) {
  begun_us_ = MicrosecondsSinceBoot();
  count_ = procfs::ReadOomCount(pid);
}

log::OutOfMemory EndWatch::AskForMemory(std::int64_t pid) const {
  const std::optional<bool> told = procfs::KernelLogTellsOfOom(pid, begun_us_);
  if (told && *told) return log::OutOfMemory::kKernelLog;
  const std::optional<procfs::OomCount> now = procfs::ReadOomCount(pid);
  const bool same_group = now && count_ && now->group == count_->group;
  if (same_group && now->kills > count_->kills) return log::OutOfMemory::kCounted;
  return told || same_group ? log::OutOfMemory::kNo : log::OutOfMemory::kUnknown;
}

log::EndRecord EndWatch::End(std::int64_t pid) const {
  log::EndRecord end{};
  siginfo_t info{};
  if (::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOWAIT | WNOHANG) != 0 || info.si_pid != pid)
    return end;
  end.status = static_cast<std::uint32_t>(info.si_status);
  end.kind = static_cast<std::uint32_t>(info.si_code == CLD_EXITED ? log::EndKind::kExited : log::EndKind::kKilled);
  end.dumped_core = info.si_code == CLD_DUMPED ? 1 : 0;
  if (info.si_code != CLD_EXITED && info.si_status == SIGKILL)
    end.out_of_memory = static_cast<std::uint32_t>(AskForMemory(pid));
  return end;
}

support::Status NoteEnd(const std::string& path, const log::EndRecord& end) {
  support::Result<log::LogReader> log = log::LogReader::Open(path, support::MappedFile::Access::kReadWrite);
  if (!log) return log.error();
  log->NoteEnd(end);
  return {};
}

std::string SignalName(std::uint32_t signal) {
  const char* name = ::sigabbrev_np(static_cast<int>(signal));
  return name != nullptr ? std::string("SIG") + name : "signal " + std::to_string(signal);
}

}  // namespace mqtrack::process
