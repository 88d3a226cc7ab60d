#include "libtrack/threads/interrupted_call.h"

#include <gtest/gtest.h>
#include <sys/syscall.h>

#include <cerrno>
#include <initializer_list>

namespace mqtrack::threads {
namespace {

constexpr unsigned long long kAfterCall = 0x401002;
constexpr unsigned long long kNoCall = ~0ULL;
// The kernel's own answers, which it turns into a restart or into EINTR.
constexpr long kRestartSystemCall = 512, kRestartNoInterrupt = 513, kRestartNoHandler = 514, kRestartBlock = 516;

/// A thread that stands behind the instruction of this call, with this answer.
user_regs_struct Stopped(long call, long answer) {
  user_regs_struct registers{};
  registers.rip = kAfterCall;
  registers.orig_rax = static_cast<unsigned long long>(call);
  registers.rax = static_cast<unsigned long long>(answer);
  registers.rdi = 7;
  return registers;
}

bool IsMadeAgain(const user_regs_struct& before) {
  const user_regs_struct after = AsAfterSigreturn(before);
  EXPECT_EQ(after.rdi, before.rdi);
  if (after.rip == before.rip) {
    EXPECT_EQ(after.rax, before.rax);
    return false;
  }
  EXPECT_EQ(after.rip, before.rip - 2);
  EXPECT_EQ(after.rax, before.orig_rax);
  EXPECT_EQ(after.orig_rax, kNoCall) << "else the kernel would restart it once more";
  return true;
}

TEST(InterruptedCall, RestartsWhatTheKernelWouldRestart) {
  for (const long answer : {kRestartSystemCall, kRestartNoInterrupt, kRestartNoHandler, kRestartBlock})
    EXPECT_TRUE(IsMadeAgain(Stopped(SYS_read, -answer))) << answer;
}

TEST(InterruptedCall, LeavesFinishedCalls) {
  for (const long answer : {0L, 5L, -long{EAGAIN}, -long{EINTR}, -515L})
    EXPECT_FALSE(IsMadeAgain(Stopped(SYS_read, answer))) << answer;
}

TEST(InterruptedCall, LeavesAThreadThatIsInNoCall) {
  user_regs_struct computing = Stopped(-1, -kRestartSystemCall);
  computing.orig_rax = kNoCall;
  EXPECT_FALSE(IsInCall(computing));
  EXPECT_FALSE(IsMadeAgain(computing)) << "rax is a value of its own there";
}

TEST(InterruptedCall, RestartsWhatGivesUpForEveryWakeUp) {
  for (const long call : {SYS_epoll_wait, SYS_epoll_pwait, SYS_semop, SYS_semtimedop, SYS_io_getevents}) {
    EXPECT_TRUE(IsGivenUpByWakeUp(Stopped(call, -EINTR))) << call;
    EXPECT_TRUE(IsMadeAgain(Stopped(call, -EINTR))) << call;
    EXPECT_FALSE(IsGivenUpByWakeUp(Stopped(call, 1))) << call;
  }
  EXPECT_FALSE(IsGivenUpByWakeUp(Stopped(SYS_pause, -EINTR))) << "that one waits for the signal";
}

TEST(InterruptedCall, KnowsWhatWaits) {
  EXPECT_TRUE(IsWaitingCall(Stopped(SYS_poll, -kRestartBlock)));
  EXPECT_FALSE(IsWaitingCall(Stopped(SYS_brk, 0)));
  EXPECT_TRUE(IsFutexCall(Stopped(SYS_futex, -kRestartSystemCall)));
  for (const long call : {SYS_pause, SYS_rt_sigsuspend, SYS_rt_sigtimedwait})
    EXPECT_TRUE(IsSignalWait(Stopped(call, -kRestartNoHandler)));
  EXPECT_FALSE(IsSignalWait(Stopped(SYS_poll, 0)));
}

}  // namespace
}  // namespace mqtrack::threads
