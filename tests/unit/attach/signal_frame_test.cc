#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>

#include <atomic>
#include <cstring>
#include <optional>

#include "libtrack/attach/remote/remote_call.h"
#include "libtrack/attach/remote/remote_memory.h"
#include "libtrack/attach/remote/remote_module.h"
#include "libtrack/attach/remote/signal_frame_x86_64.h"
#include "libtrack/support/base_name.h"
#include "libtrack/threads/seized_thread.h"
#include "tests/support/child_process.h"

namespace mqtrack::attach {
namespace {

using testing::ChildProcess;
using testing::WaitUntil;

constexpr auto kLong = std::chrono::seconds(20);
constexpr std::size_t kVectorRegisters = 160;  // of the XSAVE area: xmm0 to xmm15

/// A child that computes without system calls, with a signal blocked; and it stopped.
class SignalFrameTest : public ::testing::Test {
 protected:
  SignalFrameTest()
      : rounds_(new (::mmap(nullptr, sizeof(std::atomic<long>), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
                            0)) std::atomic<long>(0)),
        child_([this] { return Compute(); }),
        memory_(child_.pid()) {}
  ~SignalFrameTest() override { ::munmap(rounds_, sizeof *rounds_); }

  void SetUp() override {
    ASSERT_TRUE(WaitUntil([this] { return *rounds_ > 0; }));
    thread_ = threads::SeizedThread::Seize(child_.pid(), child_.pid());
    if (thread_ == nullptr) GTEST_SKIP() << "ptrace is not allowed here: " << std::strerror(errno);
    thread_->Interrupt();
    ASSERT_TRUE(thread_->WaitStopped(threads::Clock::now() + kLong));
    const auto mappings = ReadMappings(child_.pid());
    ASSERT_TRUE(mappings);
    mappings_ = *mappings;
    for (const RemoteModule& module : FindModules(mappings_)) {
      if (support::BaseName(module.path).starts_with("libc.so.")) gadgets_ = FindGadgets(memory_, module);
    }
    ASSERT_TRUE(gadgets_.has_value());
  }

  int Compute() {
    sigset_t blocked;
    ::sigemptyset(&blocked);
    ::sigaddset(&blocked, SIGUSR2);
    ::sigprocmask(SIG_SETMASK, &blocked, nullptr);
    for (;;) rounds_->fetch_add(1);
  }

  static void ExpectSame(const threads::ThreadContext& now, const threads::ThreadContext& before) {
    user_regs_struct registers = now.registers;
    // Two registers that every system call overwrites; and the kernel's note of a call, which only its exit sets.
    registers.orig_rax = before.registers.orig_rax;
    EXPECT_EQ(std::memcmp(&registers, &before.registers, sizeof registers), 0);
    EXPECT_EQ(now.signal_mask, before.signal_mask);
    EXPECT_EQ(std::memcmp(now.extended.data() + kVectorRegisters, before.extended.data() + kVectorRegisters, 256), 0);
  }

  std::atomic<long>* rounds_;
  ChildProcess child_;
  RemoteMemory memory_;
  std::unique_ptr<threads::SeizedThread> thread_;
  std::vector<Mapping> mappings_;
  std::optional<Gadgets> gadgets_;
};

TEST_F(SignalFrameTest, BringsAThreadBackToWhereItWasWithoutATracer) {
  std::optional<threads::ThreadContext> before = thread_->ReadContext();
  ASSERT_TRUE(before.has_value());
  // Vector registers with values of their own, of which the computation needs none.
  for (std::size_t i = 0; i < 256; ++i) before->extended[kVectorRegisters + i] = static_cast<std::byte>(i + 1);
  before->extended[512] |= std::byte{3};  // in use
  ASSERT_TRUE(thread_->SetExtended(before->extended));
  before = thread_->ReadContext();
  ASSERT_TRUE(before.has_value());
  const std::uint64_t room = SignalFrameBytes(*before);
  const std::uint64_t at = ((before->registers.rsp - 128 - room) & ~std::uint64_t{63}) - 8;
  const auto frame = MakeSignalFrame(*before, before->registers, at, gadgets_->signal_return);
  ASSERT_LE(frame.size(), room);
  ASSERT_TRUE(memory_.Write(at, frame.data(), frame.size()));

  // Everything of it is overwritten, and it is sent to the return from a signal handler.
  user_regs_struct lost = before->registers;
  lost.rax = lost.rbx = lost.rcx = lost.rdx = lost.rsi = lost.rdi = lost.rbp = 0x1111;
  lost.r8 = lost.r9 = lost.r10 = lost.r11 = lost.r12 = lost.r13 = lost.r14 = lost.r15 = 0x2222;
  lost.rip = gadgets_->signal_return;
  lost.rsp = at + 8;
  lost.orig_rax = ~0ULL;
  std::vector<std::byte> other = before->extended;
  for (std::size_t i = 0; i < 256; ++i) other[kVectorRegisters + i] = std::byte{0x55};
  ASSERT_TRUE(thread_->SetRegisters(lost));
  ASSERT_TRUE(thread_->SetSignalMask(~0ULL));
  ASSERT_TRUE(thread_->SetExtended(other));
  ASSERT_TRUE(thread_->RunToSystemCall(threads::Clock::now() + kLong));  // into rt_sigreturn
  ASSERT_TRUE(thread_->RunToSystemCall(threads::Clock::now() + kLong));  // and out of it
  const std::optional<threads::ThreadContext> after = thread_->ReadContext();
  ASSERT_TRUE(after.has_value());
  ExpectSame(*after, *before);
  const long rounds = *rounds_;
  thread_.reset();
  EXPECT_TRUE(WaitUntil([&] { return *rounds_ > rounds; })) << "it computes on";
}

TEST_F(SignalFrameTest, LeavesAThreadAsItWasAfterSystemCallsMadeInIt) {
  const std::optional<threads::ThreadContext> before = thread_->ReadContext();
  ASSERT_TRUE(before.has_value());
  {
    RemoteCaller caller(*thread_, memory_, *gadgets_, mappings_);
    ASSERT_TRUE(caller.Prepare());
    const auto pid = caller.SystemCall(39 /* getpid */, {});
    ASSERT_TRUE(pid);
    EXPECT_EQ(*pid, static_cast<std::uint64_t>(child_.pid()));
    const auto bad = caller.SystemCall(3 /* close */, {9999, 0, 0, 0, 0, 0});
    ASSERT_TRUE(bad);
    EXPECT_EQ(static_cast<std::int64_t>(*bad), -EBADF);
  }
  const std::optional<threads::ThreadContext> after = thread_->ReadContext();
  ASSERT_TRUE(after.has_value());
  ExpectSame(*after, *before);
  const auto mappings = ReadMappings(child_.pid());
  ASSERT_TRUE(mappings);
  EXPECT_EQ(mappings->size(), mappings_.size()) << "what was mapped for the call is gone";
  const long rounds = *rounds_;
  thread_.reset();
  EXPECT_TRUE(WaitUntil([&] { return *rounds_ > rounds; }));
}

TEST_F(SignalFrameTest, HoldsNoMoreThanItsRoom) {
  const std::optional<threads::ThreadContext> context = thread_->ReadContext();
  ASSERT_TRUE(context.has_value());
  for (const std::uint64_t shift : {0, 16, 32, 48}) {
    const std::uint64_t at = 0x7000'0000'0008 + shift;
    EXPECT_LE(MakeSignalFrame(*context, context->registers, at, 1).size(), SignalFrameBytes(*context)) << shift;
  }
}

}  // namespace
}  // namespace mqtrack::attach
