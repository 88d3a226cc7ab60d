#include "preload/recorder/unwinding/readable.h"

#include <signal.h>
#include <sys/auxv.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include <atomic>
#include <cerrno>

#include "preload/recorder/cpu/cpu.h"
#include "preload/recorder/sync/kernel_call.h"

namespace mqtrack::recorder {

alignas(64) std::uint64_t stack_era = 0;

namespace {

constexpr std::uintptr_t kPage = cpu::kSmallestPage;            // a larger real page is only asked about more often
constexpr std::uintptr_t kFarthest = std::uintptr_t{64} << 20;  // a frame further away than this is not believed
constexpr int kMostQuestions = 2048;                            // pages asked about at once
constexpr std::uintptr_t kNowhere = ~std::uintptr_t{0};

// The main thread's stack ends where the kernel has put the random bytes for the program: above the frame of _start.
// Every other thread's ends at its descriptor, which the thread pointer points to: the C library lays both into one
// piece of memory, also where the program brought it. Until it is known which thread is the main one, no other's is
// believed to be so.
std::uintptr_t main_top, main_thread;

/// The top of the calling thread's own stack, if `stack_pointer` may lie on it; 0 otherwise.
std::uintptr_t TopOf(std::uintptr_t stack_pointer) {
  std::uintptr_t top = LoadRelaxed(main_top);
  if (top == 0) StoreRelaxed(main_top, top = ::getauxval(AT_RANDOM) & ~(sizeof(std::uint64_t) - 1));
  const auto thread = reinterpret_cast<std::uintptr_t>(__builtin_thread_pointer());
  if (stack_pointer < top && top - stack_pointer < kFarthest) {
    if (LoadRelaxed(main_thread) == 0) StoreRelaxed(main_thread, thread);
    return top;
  }
  const std::uintptr_t main = LoadRelaxed(main_thread);
  const bool is_other = main != 0 && main != thread;
  return is_other && stack_pointer < thread && thread - stack_pointer < kFarthest ? thread : 0;
}

// Where own stacks are, as bits for pieces of memory. Pieces share bits, and bits stay: to be asked once more is all
// that comes of it.
constexpr int kPieceBits = 16;
constexpr std::uint64_t kPieces = std::uint64_t{1} << 16;
constexpr std::uintptr_t kManyPieces = 256;  // of a change as large as this, each is not looked up
std::uint64_t pieces[kPieces / 64];

std::uint64_t& WordOf(std::uintptr_t piece) { return pieces[piece % kPieces / 64]; }
std::uint64_t BitOf(std::uintptr_t piece) { return std::uint64_t{1} << piece % 64; }

void NoteOwnStack(std::uintptr_t low, std::uintptr_t high) {
  for (std::uintptr_t piece = low >> kPieceBits; piece <= high >> kPieceBits; ++piece) {
    if ((LoadRelaxed(WordOf(piece)) & BitOf(piece)) == 0)
      __atomic_fetch_or(&WordOf(piece), BitOf(piece), __ATOMIC_SEQ_CST);
  }
}

/// True if everything from `at`, the start of a page, up to `top` can be read. What `thread` knows is not asked again.
bool ReachesTop(ThreadState& thread, std::uintptr_t at, std::uintptr_t top) {
  for (int questions = 0; at < top; at += kPage) {
    if (at == thread.stack_low && thread.stack_high == top) return true;
    if (++questions <= kMostQuestions && IsReadable(at)) continue;
    thread.stack_hole = at + kPage;
    return false;
  }
  return true;
}

}  // namespace

// rt_sigprocmask copies the new mask from user memory before it looks at `how`: an impossible `how` makes it a pure
// test. Chosen over process_vm_readv and mincore because every seccomp profile allows it, it takes a sixth of the time
// of the former, and the latter calls a guard page mapped.
bool IsReadable(std::uintptr_t address) {
  const int saved = errno;
  const long result = KernelCall(SYS_rt_sigprocmask, ~0L, static_cast<long>(address), 0, 8);
  const bool readable = result == -1 && errno == EINVAL;
  errno = saved;
  return readable;
}

bool CopyIfReadable(std::uintptr_t address, void* to, std::size_t bytes) {
  const int saved = errno;
  const iovec local{to, bytes}, remote{reinterpret_cast<void*>(address), bytes};
  const long self = KernelCall(SYS_getpid);
  const long got = KernelCall(SYS_process_vm_readv, self, Argument(&local), 1, Argument(&remote), 1, 0);
  errno = saved;
  return got == static_cast<long>(bytes);
}

void KnowMainThread() {
  const auto here = reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0));
  (void)TopOf(here);
}

// A signal handler may come in between any two steps, and be here too: what it leaves is as true of the thread's own
// stack as what it found.
std::uintptr_t EnterStack(std::uintptr_t stack_pointer) {
  ThreadState& thread = thread_state;
  const std::uintptr_t page = stack_pointer & ~(kPage - 1), page_end = page + kPage;
  const std::uint64_t era = LoadAcquire(stack_era);
  if (thread.stack_era != era) {
    thread.stack_low = kNowhere;
    std::atomic_signal_fence(std::memory_order_seq_cst);
    thread.stack_hole = 0;
    thread.stack_era = era;
  }
  const std::uintptr_t top = TopOf(stack_pointer);
  if (top == 0 || page < thread.stack_hole || static_cast<std::uint32_t>(era) != 0) return page_end;
  NoteOwnStack(page, top);
  if (LoadAcquire(stack_era) != era || !ReachesTop(thread, page_end, top)) return page_end;
  thread.stack_low = kNowhere;
  std::atomic_signal_fence(std::memory_order_seq_cst);
  thread.stack_high = top;
  std::atomic_signal_fence(std::memory_order_seq_cst);
  thread.stack_low = page;
  return top;
}

__attribute__((noinline)) bool HasRoom(std::uintptr_t bytes, bool may_ask) {
  const auto here = reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0));
  if (ReadableTo(here) != (here & ~(kPage - 1)) + kPage) return true;
  stack_t alternate{};
  const int saved = errno;
  const bool known = may_ask && KernelCall(SYS_sigaltstack, 0, Argument(&alternate)) == 0;
  errno = saved;
  const std::uintptr_t above_end = here - reinterpret_cast<std::uintptr_t>(alternate.ss_sp);
  if (known && (alternate.ss_flags & SS_ONSTACK) != 0 && above_end < alternate.ss_size) return above_end >= bytes;
  for (std::uintptr_t below = kPage; below < bytes; below += kPage) {
    if (!IsReadable((here - below) & ~std::uintptr_t{7})) return false;
  }
  return IsReadable((here - bytes) & ~std::uintptr_t{7});
}

bool StackWords::IsOnReadablePage(std::uintptr_t address) {
  const std::uintptr_t page = address & ~(kPage - 1);
  if (page == page_) return true;
  if (address - low_ >= kFarthest || !IsReadable(address)) return false;
  page_ = page;
  return true;
}

bool StackChange::ConcernsStacks(const void* address, std::size_t bytes) {
  const auto low = reinterpret_cast<std::uintptr_t>(address);
  if (bytes == 0 || low + bytes < low) return false;
  const std::uintptr_t first = low >> kPieceBits, last = (low + bytes - 1) >> kPieceBits;
  if (last - first >= kManyPieces) return true;
  for (std::uintptr_t piece = first; piece <= last; ++piece) {
    if ((LoadAcquire(WordOf(piece)) & BitOf(piece)) != 0) return true;
  }
  return false;
}
void StackChange::RepairAfterFork() { stack_era = ((stack_era >> 32) + 1) << 32; }
void StackChange::Begin() { AddAcqRel(stack_era, std::uint64_t{1}); }
void StackChange::End() { AddAcqRel(stack_era, (std::uint64_t{1} << 32) - 1); }

}  // namespace mqtrack::recorder
