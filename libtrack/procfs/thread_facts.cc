#include "libtrack/procfs/thread_facts.h"

#include <sched.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cinttypes>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <sstream>

#include "libtrack/support/file.h"

namespace mqtrack::procfs {
namespace {

constexpr std::uint64_t kProcFileLimit = 64 * 1024;
constexpr double kNanosPerMilli = 1e6;
constexpr int kStartField = 22, kProcessorField = 39;  // of /proc/PID/stat

std::string Read(const std::string& path) {
  auto content = support::ReadFile(path, kProcFileLimit);
  if (!content) return {};
  while (!content->empty() && content->back() == '\n') content->pop_back();
  return std::move(*content);
}

/// se.exec_start of a /proc/…/sched file: when the thread was last seen on a processor, in milliseconds of that
/// processor's own clock. 0 if the kernel does not say.
double LastRun(const std::string& task) {
  const std::string text = Read(task + "/sched");
  const std::size_t at = text.find("se.exec_start");
  const std::size_t colon = at == std::string::npos ? at : text.find(':', at);
  return colon == std::string::npos ? 0 : std::strtod(text.c_str() + colon + 1, nullptr);
}

// A processor's scheduler clock leaves out the time it spent in interrupts and that a hypervisor took from it, so the
// clocks of two processors drift apart, and from every clock a program can read. What a thread's time is to be compared
// with is therefore read on the processor where it last ran: as the time of ourselves, having just moved there.
class ProcessorClocks {
 public:
  ProcessorClocks() { can_return_ = ::sched_getaffinity(0, sizeof ours_, &ours_) == 0; }
  ~ProcessorClocks() {
    if (can_return_) ::sched_setaffinity(0, sizeof ours_, &ours_);
  }
  ProcessorClocks(const ProcessorClocks&) = delete;
  ProcessorClocks& operator=(const ProcessorClocks&) = delete;

  /// 0 if we may not run there.
  double Now(int processor) {
    if (processor < 0 || processor >= CPU_SETSIZE || !can_return_) return 0;
    const auto [at, added] = now_.try_emplace(processor, 0.0);
    if (!added) return at->second;
    cpu_set_t only;
    CPU_ZERO(&only);
    CPU_SET(processor, &only);
    if (::sched_setaffinity(0, sizeof only, &only) != 0) return 0;
    ::sched_yield();  // the kernel writes the time down when it chooses who runs
    return at->second = LastRun("/proc/thread-self");
  }

 private:
  cpu_set_t ours_{};
  bool can_return_ = false;
  std::map<int, double> now_;
};

/// How long ago `start_ticks` after boot was.
std::chrono::nanoseconds AgeOf(std::uint64_t start_ticks) {
  timespec now{};
  ::clock_gettime(CLOCK_BOOTTIME, &now);
  const auto start = std::chrono::nanoseconds(std::chrono::seconds(1)) / ::sysconf(_SC_CLK_TCK) *
                     static_cast<std::int64_t>(start_ticks);
  return std::max(std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec) - start,
                  std::chrono::nanoseconds(0));
}

// Name, state, age and processor; false if the thread is gone.
bool ReadStat(const std::string& task, ThreadFacts& facts, int& processor) {
  const std::string stat = Read(task + "/stat");
  const std::size_t open = stat.find('('), close = stat.rfind(')');
  if (open == std::string::npos || close == std::string::npos || close < open) return false;
  facts.name = stat.substr(open + 1, close - open - 1);
  std::istringstream fields(stat.substr(close + 1));
  fields >> facts.state;
  std::string skipped;
  std::uint64_t start_ticks = 0;
  for (int field = 4; field < kStartField; ++field) fields >> skipped;
  fields >> start_ticks;
  for (int field = kStartField + 1; field < kProcessorField; ++field) fields >> skipped;
  fields >> processor;
  facts.age = AgeOf(start_ticks);
  return static_cast<bool>(fields);
}

void ReadCall(const std::string& task, ThreadFacts& facts) {
  // "NUMBER ARG1 … ARG6 SP PC", "-1 SP PC" outside of system calls, or "running".
  const std::string text = Read(task + "/syscall");
  long number = -1;
  std::uint64_t sp = 0, pc = 0;
  if (std::sscanf(text.c_str(), "%ld %*x %*x %*x %*x %*x %*x %" SCNx64 " %" SCNx64, &number, &sp, &pc) == 3) {
    facts.stack_pointer = sp;
    facts.program_counter = pc;
  }
}

}  // namespace

std::map<pid_t, ThreadFacts> ReadThreadFacts(pid_t pid) {
  std::map<pid_t, ThreadFacts> all;
  std::map<pid_t, std::pair<int, double>> last_runs;  // processor, and its time
  std::error_code error;
  for (std::filesystem::directory_iterator it("/proc/" + std::to_string(pid) + "/task", error), end;
       !error && it != end; it.increment(error)) {
    const std::string task = it->path().string();
    const auto tid = static_cast<pid_t>(std::strtol(it->path().filename().c_str(), nullptr, 10));
    ThreadFacts facts;
    int processor = -1;
    if (!ReadStat(task, facts, processor)) continue;
    facts.wait_channel = Read(task + "/wchan");
    if (facts.wait_channel == "0") facts.wait_channel.clear();
    ReadCall(task, facts);
    if (facts.state != 'R') last_runs[tid] = {processor, LastRun(task)};
    all.emplace(tid, std::move(facts));
  }
  ProcessorClocks clocks;
  for (const auto& [tid, last] : last_runs) {
    const double now = clocks.Now(last.first);
    if (last.second <= 0 || now <= 0) continue;
    all[tid].not_run_for = std::chrono::nanoseconds(std::llround(std::max(0.0, now - last.second) * kNanosPerMilli));
  }
  return all;
}

std::string ReadThreadName(pid_t pid, pid_t tid) {
  return Read("/proc/" + std::to_string(pid) + "/task/" + std::to_string(tid) + "/comm");
}

}  // namespace mqtrack::procfs
