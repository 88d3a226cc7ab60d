// Starting and waiting. Signals are blocked and taken one at a time with sigwaitinfo, so there is no handler, and what
// a terminal sends to the whole process group is told from what was sent to mqtrack alone.
#include "libtrack/process/launch.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <iterator>
#include <utility>

#include "libtrack/log/environment.h"
#include "libtrack/process/inherited_signals.h"
#include "libtrack/process/log_directory.h"
#include "libtrack/process/preload_path.h"
#include "libtrack/process/recordable.h"
#include "libtrack/process/recorder_path.h"
#include "libtrack/procfs/executable.h"
#include "libtrack/support/file.h"

namespace mqtrack::process {
namespace {

using support::Error;
using support::ErrorCode;
using support::Result;
using support::Status;

/// Where traced regions write their lines: track/trace.h, not the recorder.
constexpr char kEnvTraceLog[] = "MQTRACK_TRACE_LOG";

constexpr int kForwarded[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2};

// Blocks the forwarded signals and SIGCHLD while it lives; sets SIGCHLD to its default, since a parent that ignores it
// would have our child reaped before we can look at it.
class SignalsHeld {
 public:
  SignalsHeld() {
    ::sigemptyset(&held_);
    for (const int signal : kForwarded) ::sigaddset(&held_, signal);
    ::sigaddset(&held_, SIGCHLD);
    struct sigaction standard {};
    standard.sa_handler = SIG_DFL;
    ::sigaction(SIGCHLD, &standard, &child_action_);
    ::pthread_sigmask(SIG_BLOCK, &held_, &before_);
  }
  ~SignalsHeld() {
    // What came after the command's end was meant for the command; let it not kill us before we give its status.
    const timespec at_once{0, 0};
    while (::sigtimedwait(&held_, nullptr, &at_once) > 0) {
    }
    ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
    ::sigaction(SIGCHLD, &child_action_, nullptr);
  }
  SignalsHeld(const SignalsHeld&) = delete;
  SignalsHeld& operator=(const SignalsHeld&) = delete;
  [[nodiscard]] const sigset_t& held() const { return held_; }
  [[nodiscard]] const sigset_t& before() const { return before_; }

 private:
  sigset_t held_{}, before_{};
  struct sigaction child_action_ {};
};

void Unset(std::vector<std::string>& environment, const std::string& name) {
  std::erase_if(environment, [&](const std::string& entry) { return entry.rfind(name + "=", 0) == 0; });
}

void Set(std::vector<std::string>& environment, const std::string& name, const std::string& value) {
  Unset(environment, name);
  environment.push_back(name + "=" + value);
}

std::string Get(const std::vector<std::string>& environment, const std::string& name) {
  for (const std::string& entry : environment) {
    if (entry.rfind(name + "=", 0) == 0) return entry.substr(name.size() + 1);
  }
  return {};
}

// The recorder goes first, so that no other preloaded allocator hides calls from it; not twice, should one run start
// another.
std::string PreloadValue(const std::string& recorder, const std::string& existing) {
  if (existing.empty()) return recorder;
  std::string rest = existing;
  for (std::size_t at = 0; (at = rest.find(recorder, at)) != std::string::npos;) {
    const std::size_t end = at + recorder.size();
    const bool whole = (at == 0 || std::strchr(" :", rest[at - 1]) != nullptr) &&
                       (end == rest.size() || std::strchr(" :", rest[end]) != nullptr);
    if (whole)
      rest.erase(at, recorder.size() + (end < rest.size() ? 1 : 0));
    else
      at = end;
  }
  return rest.empty() ? recorder : recorder + ":" + rest;
}

std::vector<std::string> ChildEnvironment(const LaunchOptions& options, const std::string& recorder) {
  std::vector<std::string> environment;
  for (char** entry = environ; *entry != nullptr; ++entry) environment.emplace_back(*entry);
  Set(environment, "LD_PRELOAD", PreloadValue(recorder, Get(environment, "LD_PRELOAD")));
  if (!options.log_dir.empty()) {  // absolute, since the service may change its directory
    Set(environment, log::kEnvLogDir, std::filesystem::absolute(options.log_dir).lexically_normal().string());
  }
  Set(environment, log::kEnvLauncherPid, std::to_string(::getpid()));
  if (options.sample_bytes != 0) Set(environment, log::kEnvSample, std::to_string(options.sample_bytes));
  if (options.log_limit_bytes != 0) Set(environment, log::kEnvLogLimit, std::to_string(options.log_limit_bytes));
  std::error_code error;
  const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe", error);
  if (!error) Set(environment, log::kEnvCommand, self.string());
  if (!options.snapshot_dir.empty() || Get(environment, log::kEnvSnapshotDir).empty()) {
    const std::filesystem::path here = std::filesystem::current_path(error);
    if (!error) Set(environment, log::kEnvSnapshotDir, (here / options.snapshot_dir).lexically_normal().string());
  }
  if (!options.trace_log.empty()) {
    Set(environment, kEnvTraceLog, std::filesystem::absolute(options.trace_log).lexically_normal().string());
  }
  if (!options.cpu_profile.empty()) {
    Set(environment, "CPUPROFILE", std::filesystem::absolute(options.cpu_profile).lexically_normal().string());
    Set(environment, "CPUPROFILE_FREQUENCY", std::to_string(options.cpu_hz));
  }
  if (options.keep_logs)
    Set(environment, log::kEnvKeepLogs, "1");
  else
    Unset(environment, log::kEnvKeepLogs);
  std::string without;
  for (const std::string& name : options.without) without += (without.empty() ? "" : ",") + name;
  if (!without.empty()) Set(environment, log::kEnvWithout, without);
  return environment;
}

std::vector<char*> Pointers(std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  for (std::string& text : strings) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

bool Redirect(int fd, const char* path, int flags) {
  constexpr mode_t kOwnersOnly = 0600;
  const int opened = ::open(path, flags, kOwnersOnly);
  if (opened < 0 || opened == fd) return opened == fd;
  const bool moved = ::dup2(opened, fd) == fd;
  ::close(opened);
  return moved;
}

/// What is executed, and with what.
struct Program {
  const char* path;
  char* const* words;
  char* const* environment;
  const sigset_t* mask;
  const char* output;  // null: it has our own standard streams and process group
};

/// The child's part, async-signal-safe. A failure's errno goes to `report`, which closes where there is none.
[[noreturn]] void Become(const Program& program, int report) {
  const bool is_set =
      program.output == nullptr || (::setpgid(0, 0) == 0 && Redirect(STDIN_FILENO, "/dev/null", O_RDONLY) &&
                                    Redirect(STDOUT_FILENO, program.output, O_WRONLY | O_CREAT | O_APPEND) &&
                                    ::dup2(STDOUT_FILENO, STDERR_FILENO) == STDERR_FILENO);
  if (is_set) {
    GiveInheritedSignals(*program.mask);
    ::execve(program.path, program.words, program.environment);
  }
  const int error = errno;
  [[maybe_unused]] const ssize_t told = ::write(report, &error, sizeof error);
  ::_exit(procfs::kExitNotExecutable);
}

/// 0, or the errno of the failure. Not posix_spawn, which leaves signals of the C library ignored
/// (inherited_signals.h), and cannot set one to be ignored.
int Spawn(const Program& program, pid_t& pid) {
  RememberInheritedSignals();
  std::array<int, 2> pipe{};
  if (::pipe2(pipe.data(), O_CLOEXEC) != 0) return errno;
  const support::FileHandle from(pipe[0]);
  support::FileHandle to(pipe[1]);
  // Above the standard streams, which may be closed, and are set in the child.
  if (to.get() <= STDERR_FILENO) to = support::FileHandle(::fcntl(to.get(), F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
  if (!to.valid()) return errno;
  pid = ::fork();
  if (pid < 0) return errno;
  if (pid == 0) Become(program, to.get());
  to = support::FileHandle();
  int error = 0;
  ssize_t told = 0;
  while ((told = ::read(from.get(), &error, sizeof error)) < 0 && errno == EINTR) {
  }
  if (told != sizeof error) return 0;
  while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
  }
  return error;
}

/// As Spawn, of a command that is prepared.
int Spawn(const LaunchOptions& options, const std::string& path, const std::string& preload, const sigset_t& mask,
          const char* output, pid_t& pid) {
  std::vector<std::string> words = options.command, environment = ChildEnvironment(options, preload);
  return Spawn({path.c_str(), Pointers(words).data(), Pointers(environment).data(), &mask, output}, pid);
}

// Whether the process has ended; it stays a zombie, so its pid cannot be reused.
bool HasEnded(pid_t pid) {
  siginfo_t info{};
  return ::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOWAIT | WNOHANG) == 0 && info.si_pid == pid;
}

// The first process of a container is given all orphans in it, those included that a look at a service leaves behind
// (clone_process.h): nobody else would ever take them.
void ReapOthers(pid_t pid) {
  for (;;) {
    siginfo_t info{};
    const int found = ::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT | __WALL);
    if (found != 0 || info.si_pid == 0 || info.si_pid == pid) return;
    ::waitpid(info.si_pid, nullptr, WNOHANG | __WALL);
  }
}

// A signal from the terminal (SI_KERNEL) has reached the command too, which is in our process group.
void WaitForEnd(pid_t pid, const sigset_t& held) {
  for (ReapOthers(pid); !HasEnded(pid); ReapOthers(pid)) {
    siginfo_t info{};
    const int signal = ::sigwaitinfo(&held, &info);
    if (signal > 0 && signal != SIGCHLD && info.si_code != SI_KERNEL) ::kill(pid, signal);
  }
}

int Reap(pid_t pid) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

LaunchResult NotStarted(const std::string& path, int error) {
  LaunchResult result;
  result.exit_code = error == ENOENT ? procfs::kExitNotFound : procfs::kExitNotExecutable;
  result.problem = path + ": cannot be started: " + std::strerror(error);
  if (error == ENOENT) result.problem += " (its interpreter or loader is missing)";
  if (error == ENOEXEC) result.problem += " (it needs a first line such as #!/bin/sh)";
  return result;
}

}  // namespace

bool HasExited(std::int64_t pid) {
  siginfo_t info{};
  return ::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOWAIT | WNOHANG) == 0 && info.si_pid == pid &&
         info.si_code == CLD_EXITED;
}

namespace {

/// What has to be there before a command is started under the recorder.
struct Preparation {
  procfs::Executable file;
  std::string preload;
};

/// Puts a library behind those that `preload` names.
Status AddPreload(const Result<std::string>& library, std::string& preload) {
  if (!library) return library.error();
  const Result<std::string> path = PreloadPath(*library);
  if (!path) return path.error();
  preload += (preload.empty() ? "" : ":") + *path;
  return {};
}

Result<Preparation> Prepare(const LaunchOptions& options) {
  Preparation made;
  made.file = procfs::FindExecutable(options.command.empty() ? std::string() : options.command.front());
  if (made.file.problem.exit_code != 0) return made;
  if (Status recordable = CheckRecordable(made.file.path); !recordable) return recordable.error();
  const Result<std::string> recorder = FindRecorder(options.recorder_path);
  if (!recorder) return recorder.error();
  if (Status added = AddPreload(recorder, made.preload); !added) return added.error();
  if (options.crash_report) {
    if (Status added = AddPreload(FindCrashReporter(*recorder), made.preload); !added) return added.error();
  }
  if (!options.cpu_profile.empty()) {
    if (Status added = AddPreload(FindCpuProfiler(), made.preload); !added) return added.error();
  }
  if (Status room = CheckRoomForLog(options.log_dir); !room) return room.error();
  return made;
}

}  // namespace

Result<LaunchResult> Launch(const LaunchOptions& options, const std::function<void(std::int64_t pid)>& before_reap,
                            const std::function<void(std::int64_t pid)>& started) {
  const Result<Preparation> prepared = Prepare(options);
  if (!prepared) return prepared.error();
  const procfs::Executable& file = prepared->file;
  if (file.problem.exit_code != 0) return LaunchResult{file.problem.exit_code, 0, file.problem.text};

  const SignalsHeld signals;
  pid_t pid = 0;
  const int error = Spawn(options, file.path, prepared->preload, signals.before(), nullptr, pid);
  if (error != 0) return NotStarted(file.path, error);
  if (started) started(pid);
  WaitForEnd(pid, signals.held());
  if (before_reap) before_reap(pid);
  return LaunchResult{Reap(pid), pid, {}};
}

Result<LaunchResult> Start(const LaunchOptions& options, const std::string& output) {
  const Result<Preparation> prepared = Prepare(options);
  if (!prepared) return prepared.error();
  const procfs::Executable& file = prepared->file;
  if (file.problem.exit_code != 0) return LaunchResult{file.problem.exit_code, 0, file.problem.text};
  sigset_t none;
  ::sigemptyset(&none);
  pid_t pid = 0;
  const int error = Spawn(options, file.path, prepared->preload, none, output.c_str(), pid);
  if (error != 0) return NotStarted(file.path, error);
  return LaunchResult{0, pid, {}};
}

}  // namespace mqtrack::process
