// Our unwinder against libunwind, frame by frame, on stacks of many shapes.
#include "preload/recorder/unwinding/unwind.h"

#include <gtest/gtest.h>
#include <libunwind.h>
#include <pthread.h>
#include <signal.h>
#include <ucontext.h>

#include <cstdlib>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include "preload/recorder/unwinding/cfi.h"
#include "preload/recorder/unwinding/loaded_objects.h"

namespace mqtrack::recorder {
namespace {

constexpr std::uint32_t kMax = 128;

struct Comparison {
  std::vector<std::uint64_t> ours, theirs;
  bool incomplete = false;
};
Comparison last;
int comparisons = 0;

/// Unwinds from here with both. Compiled with a frame pointer, as hooks are.
__attribute__((noinline, optimize("no-omit-frame-pointer"))) void Compare() {
  std::uint64_t ours[kMax];
  const Unwound unwound = Unwind({__builtin_frame_address(0)}, ours, kMax);
  void* theirs[kMax + 1];
  const int depth = ::unw_backtrace(theirs, kMax + 1);
  last = {};
  last.ours.assign(ours, ours + unwound.depth);
  last.incomplete = unwound.incomplete;
  for (int i = 1; i < depth; ++i)
    last.theirs.push_back(reinterpret_cast<std::uint64_t>(theirs[i]));  // 0 is Compare itself
  ++comparisons;
}

void ExpectEqual(std::size_t at_least) {
  EXPECT_FALSE(last.incomplete);
  EXPECT_GE(last.ours.size(), at_least);
  EXPECT_EQ(last.ours, last.theirs);
}

/// Keeps the compiler from turning calls into jumps or folding recursion.
volatile int sink = 0;

__attribute__((noinline)) void Recurse(int depth) {
  char locals[64];
  asm volatile("" : : "r"(locals) : "memory");
  if (depth == 0)
    Compare();
  else
    Recurse(depth - 1);
  sink = sink + 1;
}

__attribute__((noinline)) void WithAlloca(std::size_t bytes) {
  char* memory = static_cast<char*>(__builtin_alloca(bytes));
  asm volatile("" : : "r"(memory) : "memory");
  Compare();
  sink = sink + 1;
}

__attribute__((noinline)) void Realigned() {
  alignas(64) char memory[256];
  asm volatile("" : : "r"(memory) : "memory");
  Compare();
  sink = sink + 1;
}

__attribute__((noinline)) void RealignedWithAlloca(std::size_t bytes) {
  alignas(128) char memory[256];
  char* more = static_cast<char*>(__builtin_alloca(bytes));
  asm volatile("" : : "r"(memory), "r"(more) : "memory");
  Compare();
  sink = sink + 1;
}

int CompareElements(const void* a, const void* b) {
  Compare();
  return *static_cast<const int*>(a) - *static_cast<const int*>(b);
}

class UnwindTest : public testing::Test {
 protected:
  void SetUp() override {
    InitialiseCfi();
    comparisons = 0;
  }
};

TEST_F(UnwindTest, PlainCalls) {
  for (int depth = 0; depth < 80; depth += 7) {
    Recurse(depth);
    ExpectEqual(static_cast<std::size_t>(depth) + 2);
  }
}

TEST_F(UnwindTest, VariableAndRealignedFrames) {
  for (std::size_t bytes : {16, 1000, 5000}) {
    WithAlloca(bytes);
    ExpectEqual(3);
    RealignedWithAlloca(bytes);
    ExpectEqual(3);
  }
  Realigned();
  ExpectEqual(3);
}

TEST_F(UnwindTest, ThroughLibraries) {
  int numbers[] = {5, 3, 9, 1};
  std::qsort(numbers, 4, sizeof(int), CompareElements);
  ExpectEqual(4);
  std::function<void()> nested = [] { Recurse(3); };
  for (int i = 0; i < 5; ++i)
    nested = [inner = nested, text = std::string(100, 'x')] {
      inner();
      sink = sink + static_cast<int>(text.size());
    };
  nested();
  ExpectEqual(10);
}

TEST_F(UnwindTest, WhileHandlingAnException) {
  try {
    throw std::runtime_error("expected");
  } catch (const std::exception&) {
    Recurse(2);
  }
  ExpectEqual(5);
  struct InDestructor {
    ~InDestructor() { Recurse(1); }
  };
  try {
    InDestructor object;
    throw 1;
  } catch (int) {
  }
  EXPECT_GE(last.ours.size(), 6u);  // libunwind and we both pass libgcc's _Unwind_RaiseException
  EXPECT_EQ(last.ours, last.theirs);
}

TEST_F(UnwindTest, OnAThread) {
  pthread_t thread;
  const auto body = [](void*) -> void* {
    Recurse(4);
    return nullptr;
  };
  ASSERT_EQ(::pthread_create(&thread, nullptr, body, nullptr), 0);
  ::pthread_join(thread, nullptr);
  EXPECT_FALSE(last.incomplete);
  EXPECT_GE(last.ours.size(), 6u);
  EXPECT_EQ(last.ours, last.theirs);
}

void OnSignal(int) { Recurse(1); }

void ExpectThroughSignal() {
  EXPECT_FALSE(last.incomplete);
  ASSERT_GE(last.ours.size(), 5u);
  // libunwind gives the interrupted address itself, we give it plus one, so that every frame is looked up at "minus
  // one".
  ASSERT_EQ(last.ours.size(), last.theirs.size());
  int differences = 0;
  for (std::size_t i = 0; i < last.ours.size(); ++i) {
    if (last.ours[i] == last.theirs[i]) continue;
    EXPECT_EQ(last.ours[i], last.theirs[i] + 1);
    ++differences;
  }
  EXPECT_EQ(differences, 1);
}

TEST_F(UnwindTest, ThroughASignalHandler) {
  struct sigaction action {
  }, before{};
  action.sa_handler = OnSignal;
  ASSERT_EQ(::sigaction(SIGUSR1, &action, &before), 0);
  ::raise(SIGUSR1);
  ExpectThroughSignal();
  static char alternate[64 * 1024];
  stack_t stack{}, old_stack{};
  stack.ss_sp = alternate;
  stack.ss_size = sizeof alternate;
  ASSERT_EQ(::sigaltstack(&stack, &old_stack), 0);
  action.sa_flags = SA_ONSTACK;
  ASSERT_EQ(::sigaction(SIGUSR1, &action, nullptr), 0);
  ::raise(SIGUSR1);
  ExpectThroughSignal();
  ::sigaltstack(&old_stack, nullptr);
  ::sigaction(SIGUSR1, &before, nullptr);
}

ucontext_t back_to_test;
TEST_F(UnwindTest, OnACoroutineStackEndsWithoutFault) {
  static char stack[64 * 1024];
  ucontext_t coroutine;
  ASSERT_EQ(::getcontext(&coroutine), 0);
  coroutine.uc_stack.ss_sp = stack;
  coroutine.uc_stack.ss_size = sizeof stack;
  coroutine.uc_link = &back_to_test;
  ::makecontext(
      &coroutine, [] { Recurse(3); }, 0);
  ASSERT_EQ(::swapcontext(&back_to_test, &coroutine), 0);
  EXPECT_GE(last.ours.size(), 5u);
}

TEST_F(UnwindTest, StopsAtTheLimit) {
  Recurse(200);
  EXPECT_EQ(last.ours.size(), kMax);
}

TEST_F(UnwindTest, AddressesWithoutTablesHaveNoneButTheChainOfFrames) {
  EXPECT_EQ(FindRule(0).cfa, FrameRule::Cfa::kFrameChain);
  EXPECT_EQ(FindRule(reinterpret_cast<std::uint64_t>(&sink)).cfa, FrameRule::Cfa::kFrameChain);
  LoadedObject object;
  EXPECT_FALSE(FindObject(16, object));
  ASSERT_TRUE(FindObject(reinterpret_cast<std::uint64_t>(&Compare), object));
  EXPECT_STREQ(object.name, "");
}

}  // namespace
}  // namespace mqtrack::recorder
