#include "libtrack/attach/call_filter.h"

#include <gtest/gtest.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include <cstddef>
#include <vector>

#include "libtrack/attach/filter_check.h"

namespace mqtrack::attach {
namespace {

using Filter = std::vector<sock_filter>;
constexpr auto kNumber = static_cast<std::uint32_t>(offsetof(seccomp_data, nr));
constexpr auto kArch = static_cast<std::uint32_t>(offsetof(seccomp_data, arch));
constexpr std::uint32_t Argument(unsigned index) { return offsetof(seccomp_data, args) + 8 * index; }

sock_filter Load(std::uint32_t offset) { return BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offset); }
sock_filter Return(std::uint32_t action) { return BPF_STMT(BPF_RET | BPF_K, action); }
sock_filter If(std::uint16_t test, std::uint32_t value, std::uint8_t yes, std::uint8_t no) {
  return BPF_JUMP(static_cast<std::uint16_t>(BPF_JMP | test | BPF_K), value, yes, no);
}

/// As systemd and docker build them: the architecture first, then one call after the other.
Filter AllowOnly(std::initializer_list<long> calls, std::uint32_t otherwise) {
  Filter filter{Load(kArch), If(BPF_JEQ, AUDIT_ARCH_X86_64, 1, 0), Return(SECCOMP_RET_KILL_PROCESS), Load(kNumber)};
  for (const long call : calls) {
    filter.push_back(If(BPF_JEQ, static_cast<std::uint32_t>(call), 0, 1));
    filter.push_back(Return(SECCOMP_RET_ALLOW));
  }
  filter.push_back(Return(otherwise));
  return filter;
}

TEST(CallFilter, TellsWhatIsListed) {
  const Filter filter = AllowOnly({SYS_read, SYS_mmap}, SECCOMP_RET_KILL_THREAD);
  EXPECT_EQ(WorstAnswer(filter, {SYS_read, {}}), CallAnswer::kAllowed);
  EXPECT_EQ(WorstAnswer(filter, {SYS_mmap, {}}), CallAnswer::kAllowed);
  EXPECT_EQ(WorstAnswer(filter, {SYS_write, {}}), CallAnswer::kHarmful);
}

TEST(CallFilter, TellsActionsApart) {
  const struct {
    std::uint32_t action;
    CallAnswer answer;
  } kActions[] = {{SECCOMP_RET_ALLOW, CallAnswer::kAllowed},        {SECCOMP_RET_LOG, CallAnswer::kAllowed},
                  {SECCOMP_RET_ERRNO | 38, CallAnswer::kRefused},   {SECCOMP_RET_TRAP, CallAnswer::kHarmful},
                  {SECCOMP_RET_TRACE, CallAnswer::kHarmful},        {SECCOMP_RET_USER_NOTIF, CallAnswer::kHarmful},
                  {SECCOMP_RET_KILL_PROCESS, CallAnswer::kHarmful}, {0x12340000, CallAnswer::kHarmful}};
  for (const auto& [action, answer] : kActions)
    EXPECT_EQ(WorstAnswer(AllowOnly({}, action), {SYS_read, {}}), answer) << std::hex << action;
}

TEST(CallFilter, LooksAtArgumentsThatAreKnown) {
  // As MemoryDenyWriteExecute= does: memory that may be executed is not given write permission.
  const Filter filter{Load(kNumber),
                      If(BPF_JEQ, SYS_mprotect, 0, 4),
                      Load(Argument(2)),
                      BPF_STMT(BPF_ALU | BPF_AND | BPF_K, PROT_EXEC),
                      If(BPF_JEQ, 0, 1, 0),
                      Return(SECCOMP_RET_KILL_PROCESS),
                      Return(SECCOMP_RET_ALLOW)};
  EXPECT_EQ(WorstAnswer(filter, {SYS_mprotect, {std::nullopt, std::nullopt, PROT_READ | PROT_WRITE}}),
            CallAnswer::kAllowed);
  EXPECT_EQ(WorstAnswer(filter, {SYS_mprotect, {std::nullopt, std::nullopt, PROT_EXEC}}), CallAnswer::kHarmful);
  EXPECT_EQ(WorstAnswer(filter, {SYS_mprotect, {}}), CallAnswer::kHarmful) << "it may be called with PROT_EXEC";
  EXPECT_EQ(WorstAnswer(filter, {SYS_read, {}}), CallAnswer::kAllowed);
}

TEST(CallFilter, LooksAtBothHalvesOfAnArgument) {
  const Filter filter{Load(Argument(0) + 4), If(BPF_JEQ, 0, 1, 0), Return(SECCOMP_RET_KILL_PROCESS),
                      Return(SECCOMP_RET_ALLOW)};
  EXPECT_EQ(WorstAnswer(filter, {SYS_close, {7}}), CallAnswer::kAllowed);
  EXPECT_EQ(WorstAnswer(filter, {SYS_close, {std::uint64_t{1} << 32}}), CallAnswer::kHarmful);
}

TEST(CallFilter, FollowsTheMemoryAndTheIndexRegister) {
  // number kept in M[3], fetched into X, and compared with A.
  const Filter filter{Load(kNumber),
                      BPF_STMT(BPF_ST, 3),
                      BPF_STMT(BPF_LD | BPF_IMM, SYS_read),
                      BPF_STMT(BPF_LDX | BPF_MEM, 3),
                      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_X, 0, 0, 1),
                      Return(SECCOMP_RET_ALLOW),
                      Return(SECCOMP_RET_KILL_PROCESS)};
  EXPECT_EQ(WorstAnswer(filter, {SYS_read, {}}), CallAnswer::kAllowed);
  EXPECT_EQ(WorstAnswer(filter, {SYS_write, {}}), CallAnswer::kHarmful);
}

TEST(CallFilter, ForgetsWhatDiffersWherePathsMeet) {
  // A is 0 or 1 after the branch on something unknown; only what holds for both is believed.
  const Filter filter{Load(Argument(0)),
                      If(BPF_JEQ, 5, 0, 2),
                      BPF_STMT(BPF_LD | BPF_IMM, 0),
                      BPF_STMT(BPF_JMP | BPF_JA, 1),
                      BPF_STMT(BPF_LD | BPF_IMM, 1),
                      If(BPF_JEQ, 0, 1, 0),
                      Return(SECCOMP_RET_KILL_PROCESS),
                      Return(SECCOMP_RET_ALLOW)};
  EXPECT_EQ(WorstAnswer(filter, {SYS_read, {}}), CallAnswer::kHarmful);
  EXPECT_EQ(WorstAnswer(filter, {SYS_read, {5}}), CallAnswer::kAllowed);
}

TEST(CallFilter, BelievesNothingOfAProgramThatMakesNoSense) {
  EXPECT_EQ(WorstAnswer({}, {SYS_read, {}}), CallAnswer::kHarmful);
  const Filter no_end{Load(kNumber)};
  EXPECT_EQ(WorstAnswer(no_end, {SYS_read, {}}), CallAnswer::kHarmful);
  const Filter jumps_out{BPF_STMT(BPF_JMP | BPF_JA, 0xffffffff), Return(SECCOMP_RET_ALLOW)};
  EXPECT_EQ(WorstAnswer(jumps_out, {SYS_read, {}}), CallAnswer::kHarmful);
  const Filter beyond{BPF_STMT(BPF_ST, 99), Return(SECCOMP_RET_ALLOW)};
  EXPECT_EQ(WorstAnswer(beyond, {SYS_read, {}}), CallAnswer::kHarmful);
  const Filter unknown{Load(Argument(1)), BPF_STMT(BPF_RET | BPF_A, 0)};
  EXPECT_EQ(WorstAnswer(unknown, {SYS_read, {}}), CallAnswer::kHarmful);
}

TEST(ChooseCalls, AllWithoutAFilterAndUnderOneThatOnlyRefuses) {
  const CallPurpose attach{true, true, true};
  EXPECT_EQ(*ChooseCalls({}, attach), log::AttachCalls::kAll);
  const Filter refuses_others{Load(kNumber), If(BPF_JEQ, SYS_mkdir, 0, 1), Return(SECCOMP_RET_ERRNO | 1),
                              Return(SECCOMP_RET_ALLOW)};
  EXPECT_EQ(*ChooseCalls({refuses_others}, attach), log::AttachCalls::kAll);
}

TEST(ChooseCalls, EveryFilterCounts) {
  const Filter forbids_getpid{Load(kNumber), If(BPF_JEQ, SYS_getpid, 0, 1), Return(SECCOMP_RET_KILL_PROCESS),
                              Return(SECCOMP_RET_ALLOW)};
  const Filter forbids_openat{Load(kNumber), If(BPF_JEQ, SYS_openat, 0, 1), Return(SECCOMP_RET_KILL_PROCESS),
                              Return(SECCOMP_RET_ALLOW)};
  const CallPurpose attach{true, true, false};
  EXPECT_EQ(*ChooseCalls({forbids_getpid}, attach), log::AttachCalls::kFew);
  const auto refused = ChooseCalls({forbids_getpid, forbids_openat}, attach);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().text.find("does not allow openat"), std::string::npos);
}

TEST(ChooseCalls, AsksOnlyForWhatIsToBeDone) {
  const Filter filter = AllowOnly({SYS_mmap, SYS_munmap, SYS_mprotect, SYS_rt_sigreturn, SYS_openat, SYS_read,
                                   SYS_close, SYS_futex, SYS_newfstatat},
                                  SECCOMP_RET_KILL_PROCESS);
  EXPECT_TRUE(ChooseCalls({filter}, {}));
  const auto starts = ChooseCalls({filter}, {false, true, false});
  ASSERT_FALSE(starts);
  EXPECT_NE(starts.error().text.find("write"), std::string::npos);
  const auto loads = ChooseCalls({filter}, {true, false, false});
  ASSERT_FALSE(loads);
  EXPECT_NE(loads.error().text.find("brk"), std::string::npos);
  const auto passes = ChooseCalls({filter}, {false, false, true});
  ASSERT_FALSE(passes);
  EXPECT_NE(passes.error().text.find("socketpair"), std::string::npos);
}

}  // namespace
}  // namespace mqtrack::attach
