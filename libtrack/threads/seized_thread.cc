#include "libtrack/threads/seized_thread.h"

#include <elf.h>
#include <sched.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>

#include <cerrno>
#include <charconv>
#include <filesystem>

#include "libtrack/support/file.h"
#include "libtrack/threads/interrupted_call.h"
#include "libtrack/threads/thread_registers.h"

#ifndef PTRACE_GETSIGMASK
#define PTRACE_GETSIGMASK static_cast<__ptrace_request>(0x420a)
#define PTRACE_SETSIGMASK static_cast<__ptrace_request>(0x420b)
#endif

namespace mqtrack::threads {
namespace {

constexpr long kNapNanos = 20'000;
// Most stops arrive within microseconds. To look for longer would keep the thread from the processor that it waits for.
constexpr int kLooksBeforeNap = 60;
constexpr auto kLongestRelease = std::chrono::seconds(3);

void Nap() {
  const timespec nap{0, kNapNanos};
  ::nanosleep(&nap, nullptr);
}

std::uint64_t HexField(const std::string& status, const char* name) {
  const std::size_t at = status.find(std::string("\n") + name + ":\t");
  if (at == std::string::npos) return 0;
  const char* text = status.data() + at + 3 + std::char_traits<char>::length(name);
  std::uint64_t value = 0;
  std::from_chars(text, status.data() + status.size(), value, 16);
  return value;
}

}  // namespace

std::vector<pid_t> ThreadsOf(pid_t pid) {
  std::vector<pid_t> threads;
  std::error_code error;
  for (std::filesystem::directory_iterator it("/proc/" + std::to_string(pid) + "/task", error), end;
       !error && it != end; it.increment(error)) {
    const std::string name = it->path().filename().string();
    pid_t tid = 0;
    if (std::from_chars(name.data(), name.data() + name.size(), tid).ec == std::errc()) threads.push_back(tid);
  }
  return threads;
}

bool HasPendingSignal(pid_t pid, pid_t tid) {
  const auto status =
      support::ReadFile("/proc/" + std::to_string(pid) + "/task/" + std::to_string(tid) + "/status", 64 * 1024);
  if (!status) return false;
  return ((HexField(*status, "SigPnd") | HexField(*status, "ShdPnd")) & ~HexField(*status, "SigBlk")) != 0;
}

std::unique_ptr<SeizedThread> SeizedThread::Seize(pid_t pid, pid_t tid) {
  if (::ptrace(PTRACE_SEIZE, tid, nullptr, PTRACE_O_TRACESYSGOOD) != 0) return nullptr;
  return std::unique_ptr<SeizedThread>(new SeizedThread(pid, tid));
}

std::unique_ptr<SeizedThread> SeizedThread::Adopt(pid_t pid, pid_t tid, bool stopped) {
  std::unique_ptr<SeizedThread> thread(new SeizedThread(pid, tid));
  thread->stopped_ = stopped;
  thread->adopted_ = true;
  if (stopped) ::ptrace(PTRACE_SETOPTIONS, tid, nullptr, PTRACE_O_TRACESYSGOOD);
  return thread;
}

void SeizedThread::TraceNewTasks() const {
  ::ptrace(PTRACE_SETOPTIONS, tid_, nullptr, PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE | PTRACE_O_TRACEVFORK);
}

bool SeizedThread::DieWithTracer() const { return ::ptrace(PTRACE_SETOPTIONS, tid_, nullptr, PTRACE_O_EXITKILL) == 0; }

void SeizedThread::SuspendFilters() const {
  ::ptrace(PTRACE_SETOPTIONS, tid_, nullptr, PTRACE_O_TRACESYSGOOD | PTRACE_O_SUSPEND_SECCOMP);
}

SeizedThread::~SeizedThread() {
  if (!adopted_) Release();
}

void SeizedThread::Interrupt() {
  if (!stopped_ && !gone_) ::ptrace(PTRACE_INTERRUPT, tid_, nullptr, nullptr);
}

SeizedThread::Change SeizedThread::Poll() {
  int status = 0;
  const pid_t changed = ::waitpid(tid_, &status, __WALL | WNOHANG);
  if (changed == 0 || (changed < 0 && errno == EINTR)) return Change::kNone;
  if (changed < 0 || !WIFSTOPPED(status)) {
    gone_ = true;
    return Change::kGone;
  }
  if (status >> 16 == PTRACE_EVENT_STOP) {
    stopped_ = true;
    return Change::kInterrupted;
  }
  if (WSTOPSIG(status) == (SIGTRAP | 0x80)) {
    stopped_ = true;
    return Change::kSystemCall;
  }
  if (const int event = status >> 16; event == PTRACE_EVENT_CLONE || event == PTRACE_EVENT_VFORK) {
    stopped_ = true;
    return Change::kNewTask;
  }
  // A signal on its way to the thread: it gets it.
  ::ptrace(tracing_calls_ ? PTRACE_SYSCALL : PTRACE_CONT, tid_, nullptr,
           reinterpret_cast<void*>(static_cast<long>(WSTOPSIG(status))));
  return Change::kNone;
}

bool SeizedThread::WaitForOne(Change wanted, Change or_this, Clock::time_point deadline) {
  for (int looks = 0; !gone_; ++looks) {
    const Change change = Poll();
    if (change == wanted || (change == or_this && change != Change::kNone)) return true;
    if (change == Change::kInterrupted || change == Change::kSystemCall || change == Change::kNewTask) {
      // Not what was waited for: a group stop, or a call that was under way.
      ::ptrace(tracing_calls_ ? PTRACE_SYSCALL : PTRACE_CONT, tid_, nullptr, nullptr);
      stopped_ = false;
      continue;
    }
    if (looks < kLooksBeforeNap) continue;
    if (Clock::now() >= deadline) return false;
    Nap();
  }
  return false;
}

bool SeizedThread::WaitStopped(Clock::time_point deadline) {
  return stopped_ || WaitFor(Change::kInterrupted, deadline);
}

bool SeizedThread::ReadRegisters(CpuRegisters& registers) const {
  iovec part{&registers, sizeof registers};
  return stopped_ && ::ptrace(PTRACE_GETREGSET, tid_, NT_PRSTATUS, &part) == 0;
}

std::optional<ThreadContext> SeizedThread::ReadContext() const {
  ThreadContext context;
  if (!ReadRegisters(context.registers)) return std::nullopt;
  context.extended = ReadExtendedRegisters(tid_);
  if (context.extended.empty()) return std::nullopt;
  if (::ptrace(PTRACE_GETSIGMASK, tid_, sizeof context.signal_mask, &context.signal_mask) != 0) return std::nullopt;
  return context;
}

bool SeizedThread::SetRegisters(const CpuRegisters& registers) const {
  iovec part{const_cast<CpuRegisters*>(&registers), sizeof registers};
  return ::ptrace(PTRACE_SETREGSET, tid_, NT_PRSTATUS, &part) == 0;
}

bool SeizedThread::SetSignalMask(std::uint64_t mask) const {
  return ::ptrace(PTRACE_SETSIGMASK, tid_, sizeof mask, &mask) == 0;
}

bool SeizedThread::SetExtended(const std::vector<std::byte>& extended) const {
  iovec part{const_cast<std::byte*>(extended.data()), extended.size()};
  return ::ptrace(PTRACE_SETREGSET, tid_, kExtendedState, &part) == 0;
}

bool SeizedThread::RunToSystemCall(Clock::time_point deadline) {
  tracing_calls_ = true;
  stopped_ = false;
  bool there = ::ptrace(PTRACE_SYSCALL, tid_, nullptr, nullptr) == 0 && WaitFor(Change::kSystemCall, deadline);
  tracing_calls_ = false;
  return there;
}

std::optional<pid_t> SeizedThread::RunToNewTask(Clock::time_point deadline, bool within_call) {
  if (!stopped_ || ::ptrace(within_call ? PTRACE_SYSCALL : PTRACE_CONT, tid_, nullptr, nullptr) != 0)
    return std::nullopt;
  stopped_ = false;
  tracing_calls_ = within_call;
  const bool came = WaitForOne(Change::kNewTask, within_call ? Change::kSystemCall : Change::kNewTask, deadline);
  tracing_calls_ = false;
  unsigned long task = 0;
  siginfo_t info{};
  const bool is_new_task = came && ::ptrace(PTRACE_GETSIGINFO, tid_, nullptr, &info) == 0 && info.si_code >> 8 != 0 &&
                           ::ptrace(PTRACE_GETEVENTMSG, tid_, nullptr, &task) == 0;
  if (!is_new_task) return std::nullopt;
  return static_cast<pid_t>(task);
}

bool SeizedThread::RunToEnd(Clock::time_point deadline) {
  Continue();
  return WaitFor(Change::kGone, deadline) || gone_;
}

bool SeizedThread::StopBeforeNextInstruction(Clock::time_point deadline) {
  if (::ptrace(PTRACE_INTERRUPT, tid_, nullptr, nullptr) != 0) return false;
  Continue();
  return WaitStopped(deadline);
}

void SeizedThread::Continue() {
  if (stopped_ && !gone_) ::ptrace(PTRACE_CONT, tid_, nullptr, nullptr);
  stopped_ = false;
}

void SeizedThread::LookAfter() {
  const Change change = Poll();
  if (change == Change::kInterrupted || change == Change::kSystemCall || change == Change::kNewTask) Continue();
}

void SeizedThread::Release() {
  if (gone_) return;
  if (!stopped_) {  // detaching needs a stop
    Interrupt();
    if (!WaitStopped(Clock::now() + kLongestRelease)) return;
  }
  CpuRegisters registers;
  if (ReadRegisters(registers) && IsGivenUpByWakeUp(registers) && !HasPendingSignal(pid_, tid_)) {
    MakeCallAgain(registers);
    (void)SetRegisters(registers);
  }
  ::ptrace(PTRACE_DETACH, tid_, nullptr, nullptr);
  gone_ = true;
}

}  // namespace mqtrack::threads
