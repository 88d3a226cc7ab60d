// A signal handler that makes the table shrink, at every single instruction of an insertion and of a removal: the
// processor's trap flag raises a signal after each of them.
#include <signal.h>
#include <ucontext.h>

#include <functional>

#include "tests/unit/recorder/live/shrinking_fixture.h"

namespace mqtrack::recorder {
namespace {

constexpr greg_t kTrapFlag = 0x100;
// A sanitizer makes many instructions of one.
#if defined(__SANITIZE_ADDRESS__)
constexpr long kStride = 61;
#else
constexpr long kStride = 1;
#endif

long met = 0, wanted = 0;
std::function<void()>* handler = nullptr;

void OnTrap(int, siginfo_t*, void* context) {
  greg_t* const registers = static_cast<ucontext_t*>(context)->uc_mcontext.gregs;
  if (++met < wanted) return;
  registers[REG_EFL] &= ~kTrapFlag;
  (*handler)();
}

/// Runs `work` and, after its `instruction`th instruction, `meanwhile` in a signal handler. False if it has not so
/// many. No signal may be blocked in `work`.
template <typename Work>
bool Interrupt(long instruction, std::function<void()> meanwhile, Work work) {
  met = 0;
  wanted = instruction;
  handler = &meanwhile;
  asm volatile("pushfq; orq $0x100, (%%rsp); popfq" ::: "memory", "cc");
  work();
  asm volatile("pushfq; andq $~0x100, (%%rsp); popfq" ::: "memory", "cc");
  return met >= wanted;
}

class LiveTableInterruptedTest : public ShrinkingTest {
 protected:
  void SetUp() override {
    ShrinkingTest::SetUp();
    if (IsSkipped()) return;
    struct sigaction action {};
    action.sa_sigaction = OnTrap;
    action.sa_flags = SA_SIGINFO;
    ASSERT_EQ(::sigaction(SIGTRAP, &action, &before_), 0);
    crowd_ = Crowd(file_, 1'000'000, KeyOf);
    stray_ = crowd_.back();
    crowd_.pop_back();
    for (const std::uint64_t n : crowd_) Insert(n);
  }
  void TearDown() override {
    if (!IsSkipped()) ::sigaction(SIGTRAP, &before_, nullptr);
    ShrinkingTest::TearDown();
  }
  /// Frees and allocates until a level has been withdrawn; gives up where the table must not shrink.
  void Shrink() {
    const std::uint64_t withdrawals = file_.header().withdrawals;
    for (int i = 0; i < 60'000 && file_.header().withdrawals == withdrawals; ++i) Churn(5, 1);
  }

  std::vector<std::uint64_t> crowd_;
  std::uint64_t stray_ = 0;
  struct sigaction before_ {};
};

TEST_F(LiveTableInterruptedTest, ARemovalFindsWhatIsMovedMeanwhile) {
  long instruction = 1;
  for (bool more = true; more; instruction += kStride) {
    Insert(stray_);
    Remove(crowd_[0]);  // room for it in the oldest level
    more = Interrupt(
        instruction, [this] { Shrink(); }, [this] { Remove(stray_); });
    ASSERT_EQ(wrong_, 0u) << "after " << instruction << " instructions";
    Insert(crowd_[0]);
    Shrink();
  }
  EXPECT_GT(instruction, 100);
  EXPECT_EQ(ReadBack().live.size(), crowd_.size());
}

// Its old record, in the newer level, is from before a free that went past the recorder.
TEST_F(LiveTableInterruptedTest, AnInsertionLeavesOneRecord) {
  long instruction = 1;
  for (bool more = true; more; instruction += kStride) {
    Insert(stray_);
    for (const std::size_t i : {0, 1}) Remove(crowd_[i]);
    more = Interrupt(
        instruction, [this] { Shrink(); }, [this] { (void)table_.Insert(KeyOf(stray_), {.bytes = 77}); });
    Shrink();
    ASSERT_EQ(wrong_, 0u);
    LiveRecord record;
    ASSERT_TRUE(table_.Remove(KeyOf(stray_), &record)) << "after " << instruction << " instructions";
    ASSERT_EQ(record.bytes, 77u) << "after " << instruction << " instructions";
    ASSERT_FALSE(table_.Remove(KeyOf(stray_), &record)) << "after " << instruction << " instructions";
    for (const std::size_t i : {0, 1}) Insert(crowd_[i]);
  }
  EXPECT_GT(instruction, 100);
}

}  // namespace
}  // namespace mqtrack::recorder
