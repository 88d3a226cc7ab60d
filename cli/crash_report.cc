// Only async-signal-safe calls: the stack is taken by Boost.Stacktrace's safe_dump_to, which writes bare addresses to
// memory. Turning them into names would need memory and locks that the crash may have left in any state.
#include "cli/crash_report.h"

#include <signal.h>
#include <unistd.h>

#include <array>
#include <boost/stacktrace/safe_dump_to.hpp>
#include <cstdint>
#include <cstring>
#include <string_view>

extern "C" const char __executable_start;
extern "C" const char etext;

namespace mqtrack::cli {
namespace {

constexpr int kSignals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT};
constexpr std::size_t kMostFrames = 64;
constexpr std::size_t kStackBytes = 64 * 1024;
alignas(16) char alternate_stack[kStackBytes];

void Write(std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = ::write(STDERR_FILENO, text.data(), text.size());
    if (n <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(n));
  }
}

void WriteNumber(std::uintptr_t number, unsigned base) {
  char digits[2 * sizeof number + 4];
  char* at = digits + sizeof digits;
  do {
    *--at = "0123456789abcdef"[number % base];
    number /= base;
  } while (number != 0);
  Write({at, static_cast<std::size_t>(digits + sizeof digits - at)});
}

void WriteFrame(std::uintptr_t address) {
  const auto start = reinterpret_cast<std::uintptr_t>(&__executable_start);
  const auto end = reinterpret_cast<std::uintptr_t>(&etext);
  const bool ours = address >= start && address < end;
  Write(ours ? "  mqtrack+0x" : "  0x");
  WriteNumber(ours ? address - start : address, 16);
  Write("\n");
}

void OnFatalSignal(int signal) {
  Write("mqtrack: crashed by signal ");
  WriteNumber(static_cast<std::uintptr_t>(signal), 10);
  Write(" (version " MQTRACK_VERSION
        "); please report it with these lines, which `addr2line -Cfie mqtrack OFFSET` explains:\n");
  std::array<const void*, kMostFrames> frames{};
  const std::size_t depth = boost::stacktrace::safe_dump_to(frames.data(), sizeof frames);
  for (std::size_t i = 0; i < depth && i < kMostFrames && frames[i] != nullptr; ++i) {
    WriteFrame(reinterpret_cast<std::uintptr_t>(frames[i]));
  }
  ::raise(signal);  // SA_RESETHAND: this time it is fatal
}

}  // namespace

void InstallCrashReport() {
  stack_t stack{};
  stack.ss_sp = alternate_stack;
  stack.ss_size = kStackBytes;
  ::sigaltstack(&stack, nullptr);
  struct sigaction action {};
  action.sa_handler = OnFatalSignal;
  action.sa_flags = static_cast<int>(SA_ONSTACK | SA_RESETHAND | SA_NODEFER);
  for (const int signal : kSignals) ::sigaction(signal, &action, nullptr);
}

}  // namespace mqtrack::cli
