// Stacks through code that was made at run time: the callers are the true ones, or the stack says that it is
// incomplete.
#include "preload/recorder/unwinding/frame_chain.h"

#include <gtest/gtest.h>
#include <libunwind.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <memory>
#include <thread>

#include "preload/recorder/stacks/call_paths.h"
#include "preload/recorder/sync/atomic_field.h"
#include "preload/recorder/unwinding/behind_call.h"
#include "preload/recorder/unwinding/cfi.h"
#include "preload/recorder/unwinding/rule_cache.h"
#include "preload/recorder/unwinding/unwind.h"
#include "tests/unit/recorder/unwinding/made_code.h"

namespace mqtrack::recorder {
namespace {

constexpr std::uint32_t kMax = 128;
constexpr auto kStack = log::StackId{77};

struct Walk {
  std::vector<std::uint64_t> addresses;
  Unwound unwound;
  log::StackId remembered = log::StackId::kNone;
};
Walk last;
std::vector<std::uint64_t> callers;  // of ThroughCode, by libunwind
std::unique_ptr<CallPaths> paths;

/// As a hook does.
__attribute__((noinline, optimize("no-omit-frame-pointer"))) void Hook(void*) {
  const StartFrame start{__builtin_frame_address(0)};
  const std::uint64_t era = LoadAcquire(rule_era);
  std::uint64_t addresses[kMax];
  last = {};
  last.remembered = paths->Find(start);
  last.unwound = Unwind(start, addresses, kMax);
  last.addresses.assign(addresses, addresses + last.unwound.depth);
  paths->Remember(addresses, last.unwound, kStack, era);
}

/// Calls `made` with the hook for its callee.
__attribute__((noinline)) void ThroughCode(MadeCode::Function made, void (*callee)(void*) = Hook,
                                           void* argument = nullptr) {
  void* theirs[kMax];
  const int depth = ::unw_backtrace(theirs, kMax);
  callers.clear();
  for (int i = 1; i < depth; ++i) callers.push_back(reinterpret_cast<std::uint64_t>(theirs[i]));
  made(callee, argument);
  asm volatile("" : : : "memory");
}

bool IsIn(std::uint64_t address, const MadeCode& code) { return code.Holds(address - 1); }

/// That the last stack runs through all of `codes`, the nearest first, and then goes on as libunwind says.
void ExpectComplete(std::initializer_list<const MadeCode*> codes) {
  EXPECT_FALSE(last.unwound.incomplete);
  EXPECT_FALSE(last.unwound.repeatable);
  EXPECT_EQ(last.remembered, log::StackId::kNone);
  const auto first = std::find_if(last.addresses.begin(), last.addresses.end(),
                                  [&](std::uint64_t address) { return IsIn(address, **codes.begin()); });
  auto at = first;
  for (const MadeCode* code : codes) {
    ASSERT_NE(at, last.addresses.end());
    EXPECT_TRUE(IsIn(*at++, *code));
  }
  ASSERT_NE(at, last.addresses.end());
  EXPECT_EQ(std::vector<std::uint64_t>(at + 1, last.addresses.end()), callers);  // behind ThroughCode itself
}

/// That it ends in `code`.
void ExpectEndIn(const MadeCode& code) {
  EXPECT_TRUE(last.unwound.incomplete);
  ASSERT_FALSE(last.addresses.empty());
  EXPECT_TRUE(IsIn(last.addresses.back(), code));
}

class FrameChainTest : public testing::Test {
 protected:
  void SetUp() override {
    InitialiseCfi();
    paths = std::make_unique<CallPaths>();
  }
};

struct Nested {
  MadeCode::Function function;
  Nested* inner;
};
/// Called by made code, calls more of it, or the hook.
void CallNested(void* argument) {
  const auto* nested = static_cast<Nested*>(argument);
  if (nested == nullptr) return Hook(nullptr);
  nested->function(CallNested, nested->inner);
  asm volatile("" : : : "memory");
}

TEST_F(FrameChainTest, AnIndirectCallIsToldByItsWholeLength) {
  const auto is_behind_call = [](const Bytes& code) {
    const Bytes padded = Bytes(8, 0) + code;
    return IsBehindCallAnywhere(reinterpret_cast<std::uint64_t>(padded.data() + padded.size()));
  };
  for (const Bytes& call :
       {Bytes{0xff, 0xd0}, Bytes{0xff, 0x10}, Bytes{0xff, 0x14, 0x24}, Bytes{0xff, 0x50, 8}, Bytes{0xff, 0x54, 0x24, 8},
        Bytes{0xff, 0x15, 1, 0, 0, 0}, Bytes{0xff, 0x90, 1, 0, 0, 0}, Bytes{0xff, 0x14, 0x25, 1, 0, 0, 0},
        Bytes{0xff, 0x94, 0x24, 1, 0, 0, 0}, Bytes{0xe8, 1, 0, 0, 0}}) {
    EXPECT_TRUE(is_behind_call(call)) << call.size();
  }
  for (const Bytes& other :
       {Bytes{0xff, 0x15}, Bytes{0xff, 0x50}, Bytes{0xff, 0xd0, 0x90}, Bytes{0xff, 0x54, 0x24}, Bytes{0xff, 0x15, 1, 0},
        Bytes{0xff, 0x14, 0x24, 1, 0, 0, 0}, Bytes{0xff, 0xe0}, Bytes{0x90, 0x90}}) {
    EXPECT_FALSE(is_behind_call(other)) << other.size();
  }
}

TEST_F(FrameChainTest, GoesThroughCodeThatKeepsAFramePointer) {
  const MadeCode code(kWithFrame);
  for (int i = 0; i < 100; ++i) {
    ThroughCode(code.function());
    ExpectComplete({&code});
  }
}

TEST_F(FrameChainTest, GoesThroughManyInTurnWithCodeThatHasTables) {
  const MadeCode first(kWithFrame), second(kWithFrame), third(kWithFrame);
  Nested innermost{third.function(), nullptr}, middle{second.function(), &innermost};
  ThroughCode(first.function(), CallNested, &middle);
  EXPECT_FALSE(last.unwound.incomplete);
  std::vector<const MadeCode*> met;
  for (const std::uint64_t address : last.addresses) {
    for (const MadeCode* code : {&first, &second, &third}) {
      if (IsIn(address, *code)) met.push_back(code);
    }
  }
  EXPECT_EQ(met, (std::vector<const MadeCode*>{&third, &second, &first}));
  EXPECT_EQ(std::vector<std::uint64_t>(last.addresses.end() - static_cast<std::ptrdiff_t>(callers.size()),
                                       last.addresses.end()),
            callers);
}

TEST_F(FrameChainTest, EndsInCodeThatLeavesTheFramePointerAlone) {
  const MadeCode code(kWithoutFrame);
  ThroughCode(code.function());
  ExpectEndIn(code);
}

/// Made code that calls made code: what has no frame must not be passed over with its caller's.
TEST_F(FrameChainTest, NeverSkipsACallerWithAFrame) {
  // A frame of 16 bytes; calls the code behind it, which has none and calls the callee.
  Bytes bytes = kPushFrame + Bytes{0xe8, 0x03, 0x00, 0x00, 0x00, 0x90} + kPopFrame;
  const MadeCode code(bytes + kWithoutFrame);
  ThroughCode(code.function());
  ExpectEndIn(code);
  EXPECT_EQ(std::count_if(last.addresses.begin(), last.addresses.end(),
                          [&](std::uint64_t address) { return IsIn(address, code); }),
            1);
}

TEST_F(FrameChainTest, GoesThroughCodeThatReturnsAtOnce) {
  const Bytes kinds[] = {
      Bytes{0x48, 0x83, 0xec, 0x08} + kCall + Bytes{0x48, 0x83, 0xc4, 0x08, 0xc3},  // sub and add $8
      Bytes{0x48, 0x81, 0xec, 0x08, 0x01, 0, 0} + kCall + Bytes{0x48, 0x81, 0xc4, 0x08, 0x01, 0, 0, 0xc3},
      kPushFrame + kCall + kPopFrame, kPushFrame + Bytes{0x48, 0x83, 0xec, 0x20} + kCall + Bytes{0xc9, 0xc3},  // leave
  };
  for (const Bytes& kind : kinds) {
    const MadeCode code(kind);
    ThroughCode(code.function());
    ExpectComplete({&code});
  }
}

TEST_F(FrameChainTest, DoesNotBelieveAnyNumber) {
  alignas(16) static std::uint64_t elsewhere[2];
  for (const std::uint64_t number :
       {std::uint64_t{0}, std::uint64_t{8}, ~std::uint64_t{0}, ~std::uint64_t{7}, std::uint64_t{0x7ffffffff000},
        std::uint64_t{1} << 63, reinterpret_cast<std::uint64_t>(elsewhere),
        reinterpret_cast<std::uint64_t>(__builtin_frame_address(0)),
        reinterpret_cast<std::uint64_t>(__builtin_frame_address(0)) + 1}) {
    const MadeCode code(WithFramePointer(number));
    elsewhere[1] = code.start() + 19;  // what looks right, but lies in no stack
    ThroughCode(code.function());
    ExpectEndIn(code);
  }
}

/// Words in this very stack that look like a frame, above the true one.
TEST_F(FrameChainTest, DoesNotBelieveAFrameFurtherUp) {
  const MadeCode gone(kWithFrame), there(kWithFrame);
  volatile std::uint64_t frame[2] = {0, there.start() + kPushFrame.size() + kCall.size()};
  const MadeCode code(WithFramePointer(reinterpret_cast<std::uint64_t>(&frame[0])));
  ThroughCode(code.function());
  ExpectEndIn(code);
  frame[1] = gone.start() + kPushFrame.size() + kCall.size();
  const_cast<MadeCode&>(gone).Unmap();
  ThroughCode(code.function());
  ExpectEndIn(code);
}

/// On a stack of its own, above which nothing can be read.
TEST_F(FrameChainTest, ReadsNothingAboveACoroutinesStack) {
  constexpr std::size_t kStackBytes = 64 << 10, kGuard = 4096;
  auto* memory = static_cast<char*>(
      ::mmap(nullptr, kStackBytes + kGuard, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  ASSERT_EQ(::mprotect(memory + kStackBytes, kGuard, PROT_NONE), 0);
  static ucontext_t back, coroutine;
  static const MadeCode* run;
  for (const std::uint64_t above : {0, 8, 64, 4088, -8, -16, -24}) {
    const MadeCode code(WithFramePointer(reinterpret_cast<std::uint64_t>(memory) + kStackBytes + above));
    run = &code;
    ASSERT_EQ(::getcontext(&coroutine), 0);
    coroutine.uc_stack.ss_sp = memory;
    coroutine.uc_stack.ss_size = kStackBytes;
    coroutine.uc_link = &back;
    ::makecontext(
        &coroutine, [] { run->function()(Hook, nullptr); }, 0);
    ASSERT_EQ(::swapcontext(&back, &coroutine), 0);
    ExpectEndIn(code);
  }
  ::munmap(memory, kStackBytes + kGuard);
}

TEST_F(FrameChainTest, ReplacedCodeIsSeenAnew) {
  MadeCode code(kWithFrame);
  static_assert(sizeof(std::uint64_t) == 8);
  ASSERT_EQ(kWithFrame.size(), kWithoutFrame.size());  // the same return address in both
  for (int round = 0; round < 5; ++round) {
    ThroughCode(code.function());
    ExpectComplete({&code});
    code.Replace(kWithoutFrame);
    ThroughCode(code.function());
    ExpectEndIn(code);
    code.Replace(kWithFrame);
  }
}

/// Where nothing was ever proved, the stack is one that can be found without unwinding.
TEST_F(FrameChainTest, GivesUpWhereItWasNeverProved) {
  const MadeCode code(Bytes(37, 0x90) + kWithoutFrame);  // at another address than what other tests have proved
  for (int i = 0; i < 100; ++i) ThroughCode(code.function());
  ExpectEndIn(code);
  EXPECT_TRUE(last.unwound.repeatable);
  EXPECT_EQ(last.remembered, kStack);
}

void OnTrap(int) { Hook(nullptr); }

TEST_F(FrameChainTest, InterruptedCodeIsPassedOnlyOnceItHasItsFrame) {
  struct sigaction action {
  }, before{};
  action.sa_handler = OnTrap;
  ASSERT_EQ(::sigaction(SIGTRAP, &action, &before), 0);
  const MadeCode with(kPushFrame + Bytes{0xcc, 0x90} + kPopFrame), entered(Bytes{0xcc} + kPushFrame + kPopFrame),
      pushed(Bytes{0x55, 0xcc, 0x48, 0x89, 0xe5} + kPopFrame);
  ThroughCode(with.function());
  EXPECT_FALSE(last.unwound.incomplete);
  EXPECT_EQ(std::vector<std::uint64_t>(last.addresses.end() - static_cast<std::ptrdiff_t>(callers.size()),
                                       last.addresses.end()),
            callers);
  for (const MadeCode* code : {&entered, &pushed}) {
    ThroughCode(code->function());
    ExpectEndIn(*code);
  }
  ::sigaction(SIGTRAP, &before, nullptr);
}

/// Exits with 0 if the child's stacks are as they should be.
int InChild(const std::function<bool()>& is_right) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(is_right() ? 0 : 1);
  int status = -1;
  ::waitpid(child, &status, 0);
  return status;
}

/// Kills the process when it reads itself, or opens a file.
bool ForbidReading() {
  sock_filter rules[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_process_vm_readv, 1, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog filter{std::size(rules), rules};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

TEST_F(FrameChainTest, InAChildOfForkAndInOneThatMayAskNothing) {
  const MadeCode code(kWithFrame);
  EXPECT_EQ(InChild([&] {
              RepairCodeRangesAfterFork();
              const MadeCode made_by_child(kWithFrame);
              ThroughCode(made_by_child.function());
              return !last.unwound.incomplete;
            }),
            0);
  EXPECT_EQ(InChild([&] {
              ForgoCodeRanges();
              if (!ForbidReading()) return false;
              ThroughCode(code.function());
              return last.unwound.incomplete;
            }),
            0);
}

/// What is there all the time is never taken for no code, however the list is made anew meanwhile.
TEST_F(FrameChainTest, TheListHoldsWhileItIsMadeAnew) {
  const MadeCode code(kWithFrame);
  std::atomic<bool> done = false;
  std::atomic<int> wrong = 0, known = 0;
  std::thread maker([&] {
    for (int i = 0; i < 20; ++i) const MadeCode other(kWithFrame);
    done = true;
  });
  while (!done) {
    const CodeAt found = LookUpCode(code.start());
    wrong += found == CodeAt::kNone ? 1 : 0;
    known += found == CodeAt::kCode ? 1 : 0;
  }
  maker.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_GT(known, 0);
}

}  // namespace
}  // namespace mqtrack::recorder
