// Calls that go down a tree of functions, along a path that a number chooses: for tests of what finds stacks.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "libtrack/log/layout.h"
#include "preload/recorder/unwinding/cfi.h"
#include "preload/recorder/unwinding/readable.h"
#include "preload/recorder/unwinding/rule_cache.h"
#include "preload/recorder/unwinding/unwind.h"

namespace mqtrack::recorder {

class CallTreeTest : public testing::Test {
 protected:
  static constexpr std::uint32_t kMax = 128;

  void SetUp() override {
    InitialiseCfi();
    KnowMainThread();
  }

  /// At the end of a path. An override must have a frame pointer.
  virtual void Visit() = 0;

  /// What the stack is called here.
  static log::StackId IdOf(const std::uint64_t* addresses, const Unwound& unwound) {
    return static_cast<log::StackId>(static_cast<std::uint32_t>(log::HashStack(addresses, unwound.depth)) | 1);
  }

  void Count(log::StackId found, log::StackId right) {
    ++visits_;
    if (found == log::StackId::kNone) return;
    ++known_;
    if (found != right) ++wrong_;
  }

  /// `path` chooses the way down: of two callees by each bit, some with frames of changing size.
  __attribute__((noinline)) void Walk(unsigned path, int left) {
    if (left == 0) return Visit();
    char* room = static_cast<char*>(__builtin_alloca(16 * (1 + path % 7)));
    asm volatile("" : : "r"(room) : "memory");
    if ((path & 1) != 0)
      Walk(path >> 1, left - 1);
    else
      Detour(path >> 1, left - 1);
    asm volatile("" ::: "memory");
  }
  __attribute__((noinline)) void Detour(unsigned path, int left) {
    Walk(path, left);
    asm volatile("nop" ::: "memory");
  }

  /// From one call site, whatever the optimiser thinks of unrolling.
  __attribute__((noipa)) void WalkAll(int rounds, unsigned paths, int depth) {
    for (int round = 0; round < rounds; ++round) {
      for (unsigned path = 0; path < paths; ++path) Walk(path, depth);
    }
  }
  __attribute__((noipa)) void WalkOne(int rounds, unsigned path, int depth) {
    for (int round = 0; round < rounds; ++round) Walk(path, depth);
  }

  /// Three threads at once along `paths` paths, while the rules are forgotten after every so many visits.
  void WalkInThreadsWhileLibrariesComeAndGo(unsigned paths, long visits_between) {
    std::atomic<bool> stop = false;
    std::vector<std::thread> threads;
    for (unsigned t = 0; t < 3; ++t) {
      threads.emplace_back([this, t, paths] {
        for (unsigned i = 0; i < 30000; ++i) Walk((i * 7 + t) % paths, 10);
      });
    }
    std::thread unloader([&] {
      while (!stop) {
        const long before = visits_;
        while (!stop && visits_ < before + visits_between) std::this_thread::yield();
        InvalidateRules();
      }
    });
    for (std::thread& thread : threads) thread.join();
    stop = true;
    unloader.join();
  }

  std::atomic<long> visits_ = 0, known_ = 0, wrong_ = 0;
};

}  // namespace mqtrack::recorder
