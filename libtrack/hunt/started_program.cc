#include "libtrack/hunt/started_program.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>

#include <filesystem>
#include <thread>

#include "libtrack/hunt/hunt_result.h"
#include "libtrack/process/launch.h"
#include "libtrack/process/wait_for.h"
#include "libtrack/support/file.h"

namespace mqtrack::hunt {
namespace {

using support::Error;
using support::ErrorCode;
using support::Result;
using support::Status;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kEnds(5);
constexpr std::chrono::milliseconds kPoll(10);
constexpr std::size_t kMostOutput = std::size_t{4} << 20;

}  // namespace

Status StartedProgram::MakeFolder() {
  std::string pattern = (std::filesystem::temp_directory_path() / "mqtrack-hunt-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) return Error{ErrorCode::kSystem, "no folder could be made", pattern};
  folder_ = pattern;
  return {};
}

Status StartedProgram::Start(std::vector<std::string> command, const std::string& log_dir, const std::string& who,
                             bool stays) {
  log_dir_ = log_dir;
  process::LaunchOptions launch;
  launch.command = std::move(command);
  launch.log_dir = log_dir;
  const Result<process::LaunchResult> started = process::Start(launch, folder_ + "/output");
  if (!started) return started.error();
  if (!started->problem.empty()) return Error{ErrorCode::kBadInput, started->problem, who};
  pid_ = static_cast<pid_t>(started->pid);
  if (!stays) guard_.emplace(pid_, folder_);
  return {};
}

Result<process::RecordedProcess> StartedProgram::AwaitRecord(std::chrono::seconds most,
                                                             const std::function<bool()>& is_interrupted) {
  const auto ends_early = [&] { return is_interrupted && is_interrupted(); };
  Result<process::RecordedProcess> process = process::WaitUntilRecorded(
      std::to_string(pid_), log_dir_, most, [&] { return ends_early() || !WhyEnded().empty(); });
  const bool is_alive = process && process->IsAlive();
  if (!is_alive && ends_early()) return Error{ErrorCode::kCannotMeasure, kInterrupted, "hunt"};
  if (process) log_path_ = process->log_path;
  return process;
}

std::string StartedProgram::WhyEnded() {
  int status = 0;
  if (pid_ != 0 && ended_.empty() && ::waitpid(pid_, &status, WNOHANG) == pid_)
    ended_ = WIFSIGNALED(status) ? "was ended by signal " + std::to_string(WTERMSIG(status))
                                 : "ended with exit code " + std::to_string(WEXITSTATUS(status));
  return ended_;
}

std::string StartedProgram::LastWords() const {
  const Result<std::string> output = support::ReadFile(folder_ + "/output", kMostOutput);
  if (!output) return {};
  const std::string text = output->substr(0, output->find_last_not_of('\n') + 1);
  return text.substr(text.find_last_of('\n') + 1);
}

void StartedProgram::End() {
  if (!WhyEnded().empty()) {
    // Since the guard is of the group, no other group has been given that number.
    if (guard_) ::kill(-pid_, SIGKILL);
    return;
  }
  ::kill(-pid_, SIGTERM);
  guard_.reset();
  // A script may end before the service that it started.
  const auto is_there = [this] { return WhyEnded().empty() || ::kill(-pid_, 0) == 0; };
  const Clock::time_point deadline = Clock::now() + kEnds;
  while (is_there() && Clock::now() < deadline) std::this_thread::sleep_for(kPoll);
  if (!is_there()) return;
  ::kill(-pid_, SIGKILL);
  if (WhyEnded().empty()) ::waitpid(pid_, nullptr, 0);
}

StartedProgram::~StartedProgram() {
  if (keep_) return;
  std::error_code ignored;
  if (is_started() && log_path_.empty()) {  // what is left early, or does not listen, is recorded all the same
    const Result<process::RecordedProcess> process = process::FindRecorded(std::to_string(pid_), log_dir_);
    if (process) log_path_ = process->log_path;
  }
  if (is_started()) End();
  if (!log_path_.empty()) std::filesystem::remove(log_path_, ignored);
  if (!folder_.empty()) std::filesystem::remove_all(folder_, ignored);
}

Result<log::LogReader> OpenExactLog(const process::RecordedProcess& process) {
  Result<log::LogReader> reader = log::LogReader::Open(process.log_path, support::MappedFile::Access::kRead);
  if (reader && reader->Facts().mode != log::Mode::kExact)
    return Error{ErrorCode::kCannotMeasure, "is recorded in samples; a hunt counts bytes, so record every block",
                 process.facts.comm};
  return reader;
}

}  // namespace mqtrack::hunt
