#include <elf.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include <cerrno>
#include <cstring>
#include <iterator>
#include <string>

#include "libtrack/threads/thread_registers.h"

namespace mqtrack::threads {
namespace {

// Results that the kernel keeps to itself: seen only by a tracer, between an interruption and the next instruction
// (include/linux/errno.h).
constexpr std::int64_t kRestartSys = -512, kRestartNoInterrupt = -513, kRestartNoHandler = -514, kRestartBlock = -516;

std::int64_t Result(const CpuRegisters& raw) { return static_cast<std::int64_t>(raw.rax); }

bool WillBeginAgain(std::int64_t result) {
  return result == kRestartSys || result == kRestartNoInterrupt || result == kRestartNoHandler ||
         result == kRestartBlock;
}

// Calls that have done nothing when they answer EINTR, so that beginning again loses nothing. close and connect are
// not among them: there EINTR means that the work goes on.
bool MayBeginAgain(std::int64_t number) {
  switch (number) {
    case SYS_epoll_wait:
    case SYS_epoll_pwait:
    case SYS_epoll_pwait2:
    case SYS_read:
    case SYS_readv:
    case SYS_write:
    case SYS_writev:
    case SYS_recvfrom:
    case SYS_recvmsg:
    case SYS_recvmmsg:
    case SYS_sendto:
    case SYS_sendmsg:
    case SYS_accept:
    case SYS_accept4:
    case SYS_msgrcv:
    case SYS_msgsnd:
    case SYS_semop:
    case SYS_semtimedop:
    case SYS_rt_sigtimedwait:
    case SYS_io_getevents:
      return true;
    default:
      return false;
  }
}

}  // namespace

std::uint64_t ThreadRegisters::pc() const { return raw.rip; }
std::uint64_t ThreadRegisters::sp() const { return raw.rsp; }
std::uint64_t ThreadRegisters::thread_pointer() const { return raw.fs_base; }

// System V ABI, AMD64 supplement, figure 3.36.
std::optional<std::uint64_t> ThreadRegisters::ByDwarfNumber(int number) const {
  const std::uint64_t values[] = {raw.rax, raw.rdx, raw.rcx, raw.rbx, raw.rsi, raw.rdi, raw.rbp, raw.rsp, raw.r8,
                                  raw.r9,  raw.r10, raw.r11, raw.r12, raw.r13, raw.r14, raw.r15, raw.rip};
  if (number < 0 || static_cast<std::size_t>(number) >= std::size(values)) return std::nullopt;
  return values[number];
}

std::optional<SystemCall> ThreadRegisters::InterruptedCall() const {
  const auto number = static_cast<std::int64_t>(raw.orig_rax);
  if (number < 0) return std::nullopt;
  const bool interrupted = WillBeginAgain(Result(raw)) || (Result(raw) == -EINTR && MayBeginAgain(number));
  if (!interrupted) return std::nullopt;
  return SystemCall{number, {raw.rdi, raw.rsi, raw.rdx, raw.r10, raw.r8, raw.r9}};
}

bool ThreadRegisters::BeginCallAgain() {
  if (Result(raw) != -EINTR || !MayBeginAgain(static_cast<std::int64_t>(raw.orig_rax))) return false;
  raw.rax = static_cast<decltype(raw.rax)>(kRestartNoHandler);
  return true;
}

support::Result<ThreadRegisters> ReadRegisters(pid_t tid) {
  ThreadRegisters registers;
  iovec into{&registers.raw, sizeof registers.raw};
  if (::ptrace(PTRACE_GETREGSET, tid, NT_PRSTATUS, &into) != 0) {
    return support::Error{support::ErrorCode::kSystem,
                          std::string("cannot read its registers: ") + std::strerror(errno),
                          "thread " + std::to_string(tid)};
  }
  if (into.iov_len != sizeof registers.raw) {
    return support::Error{support::ErrorCode::kBadInput, "runs 32-bit code, which cannot be looked at",
                          "thread " + std::to_string(tid)};
  }
  return registers;
}

std::vector<std::byte> ReadExtendedRegisters(pid_t tid) {
  constexpr std::size_t kMost = 64 * 1024;
  std::vector<std::byte> bytes(kMost);
  iovec into{bytes.data(), bytes.size()};
  bytes.resize(::ptrace(PTRACE_GETREGSET, tid, kExtendedState, &into) == 0 ? into.iov_len : 0);
  return bytes;
}

bool WriteRegisters(pid_t tid, const ThreadRegisters& registers) {
  ThreadRegisters copy = registers;
  iovec from{&copy.raw, sizeof copy.raw};
  return ::ptrace(PTRACE_SETREGSET, tid, NT_PRSTATUS, &from) == 0;
}

}  // namespace mqtrack::threads
