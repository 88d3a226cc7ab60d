// Coroutines of Boost on several threads, each resumed by whoever comes by: on stacks from the heap, on guarded ones
// that are unmapped when the coroutine ends, and on pooled ones that are used again.
#include <boost/context/fiber.hpp>
#include <boost/context/fixedsize_stack.hpp>
#include <boost/context/pooled_fixedsize_stack.hpp>
#include <boost/context/protected_fixedsize_stack.hpp>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <thread>
#include <vector>

namespace ctx = boost::context;

static std::atomic<long> kept;

extern "C" __attribute__((noinline)) void keep() {
  char* block = static_cast<char*>(std::malloc(24));
  if (block == nullptr) std::abort();
  block[0] = 1;
  if (++kept % 8 != 0) std::free(block);
  asm volatile("" ::: "memory");
}
extern "C" __attribute__((noinline)) void pad(std::size_t bytes) {
  volatile char* room = static_cast<volatile char*>(__builtin_alloca(bytes));
  room[0] = 1;
  keep();
  room[0] = 2;
}
extern "C" __attribute__((noinline)) void throw_and_catch(int depth) {
  try {
    if (depth == 0) throw 1;
    throw_and_catch(depth - 1);
  } catch (int) {
    keep();
    if (depth < 2) throw;
  }
}
extern "C" __attribute__((noinline)) void work(ctx::fiber& caller) {
  for (int i = 0; i < 6; ++i) {
    pad(64 + static_cast<std::size_t>(i) * 1500);
    throw_and_catch(4);
    caller = std::move(caller).resume();
  }
}

struct Slot {
  std::mutex lock;
  ctx::fiber fiber;
};

template <typename Allocator>
static void Run(Allocator allocator) {
  constexpr int kSlots = 8, kThreads = 4, kTurns = 1500;
  std::vector<Slot> slots(kSlots);
  std::vector<std::thread> threads;
  for (unsigned number = 0; number < kThreads; ++number) {
    threads.emplace_back([&slots, &allocator, number] {
      unsigned seed = number + 1;
      for (int turn = 0; turn < kTurns; ++turn) {
        Slot& slot = slots[static_cast<std::size_t>(rand_r(&seed)) % kSlots];
        const std::lock_guard<std::mutex> hold(slot.lock);
        if (!slot.fiber) {
          slot.fiber = ctx::fiber(std::allocator_arg, allocator, [](ctx::fiber&& caller) {
            work(caller);
            return std::move(caller);
          });
        }
        slot.fiber = std::move(slot.fiber).resume();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

/// The pool of Boost is not made for several threads.
static std::mutex pool_lock;
struct LockedPool {
  ctx::pooled_fixedsize_stack pool;
  ctx::stack_context allocate() {
    const std::lock_guard<std::mutex> hold(pool_lock);
    return pool.allocate();
  }
  void deallocate(ctx::stack_context& stack) {
    const std::lock_guard<std::mutex> hold(pool_lock);
    pool.deallocate(stack);
  }
};

int main() {
  Run(ctx::fixedsize_stack(64 * 1024));
  Run(ctx::protected_fixedsize_stack(64 * 1024));
  Run(LockedPool{ctx::pooled_fixedsize_stack(64 * 1024)});
  std::printf("kept %ld\n", kept.load() / 8);
}
