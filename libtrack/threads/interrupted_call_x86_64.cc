#include <sys/syscall.h>

#include <algorithm>
#include <cerrno>
#include <iterator>

#include "libtrack/threads/interrupted_call.h"

#ifndef SYS_epoll_pwait2
#define SYS_epoll_pwait2 441
#endif

namespace mqtrack::threads {
namespace {

// Calls in which a thread can wait for long. In others it is about to come out by itself.
constexpr long kWaiting[] = {SYS_read,         SYS_write,           SYS_poll,
                             SYS_select,       SYS_pause,           SYS_nanosleep,
                             SYS_accept,       SYS_connect,         SYS_recvfrom,
                             SYS_sendto,       SYS_recvmsg,         SYS_sendmsg,
                             SYS_wait4,        SYS_semop,           SYS_msgrcv,
                             SYS_msgsnd,       SYS_fcntl,           SYS_flock,
                             SYS_fsync,        SYS_fdatasync,       SYS_rt_sigsuspend,
                             SYS_pread64,      SYS_pwrite64,        SYS_readv,
                             SYS_writev,       SYS_rt_sigtimedwait, SYS_futex,
                             SYS_io_getevents, SYS_semtimedop,      SYS_epoll_wait,
                             SYS_epoll_pwait,  SYS_waitid,          SYS_pselect6,
                             SYS_ppoll,        SYS_clock_nanosleep, SYS_accept4,
                             SYS_recvmmsg,     SYS_sendmmsg,        SYS_sendfile,
                             SYS_splice,       SYS_restart_syscall, SYS_mq_timedreceive,
                             SYS_mq_timedsend, SYS_io_uring_enter,  SYS_epoll_pwait2};

constexpr long kGivenUp[] = {SYS_epoll_wait, SYS_epoll_pwait,  SYS_epoll_pwait2,  SYS_semop,
                             SYS_semtimedop, SYS_io_getevents, SYS_io_uring_enter};

// Answers that the kernel turns into a restart or into EINTR on the way out; no program ever sees them.
constexpr long long kRestartSystemCall = 512, kRestartNoInterrupt = 513, kRestartNoHandler = 514, kRestartBlock = 516;

constexpr unsigned long long kInstructionBytes = 2;  // syscall

long CallOf(const CpuRegisters& registers) { return static_cast<long>(registers.orig_rax); }
long long AnswerOf(const CpuRegisters& registers) { return static_cast<long long>(registers.rax); }

template <typename List>
bool IsOneOf(const CpuRegisters& registers, const List& list) {
  return std::find(std::begin(list), std::end(list), CallOf(registers)) != std::end(list);
}

}  // namespace

bool IsInCall(const CpuRegisters& registers) { return CallOf(registers) >= 0; }
bool IsWaitingCall(const CpuRegisters& registers) { return IsOneOf(registers, kWaiting); }
bool IsFutexCall(const CpuRegisters& registers) { return CallOf(registers) == SYS_futex; }
bool IsSignalWait(const CpuRegisters& registers) {
  return CallOf(registers) == SYS_pause || CallOf(registers) == SYS_rt_sigsuspend ||
         CallOf(registers) == SYS_rt_sigtimedwait;
}

bool IsGivenUpByWakeUp(const CpuRegisters& registers) {
  return AnswerOf(registers) == -EINTR && IsOneOf(registers, kGivenUp);
}

void MakeCallAgain(CpuRegisters& registers) {
  registers.rip -= kInstructionBytes;
  registers.rax = registers.orig_rax;
  registers.orig_rax = ~0ULL;
}

// A call with a time limit that waited for a part of it begins anew: the kernel forgets the rest in rt_sigreturn.
CpuRegisters AsAfterSigreturn(const CpuRegisters& registers) {
  CpuRegisters result = registers;
  const long long answer = -AnswerOf(registers);
  if (IsInCall(registers) && (answer == kRestartSystemCall || answer == kRestartNoInterrupt ||
                              answer == kRestartNoHandler || answer == kRestartBlock || IsGivenUpByWakeUp(registers))) {
    MakeCallAgain(result);
  }
  return result;
}

}  // namespace mqtrack::threads
