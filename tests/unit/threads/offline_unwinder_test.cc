// The unwinder on copies against libunwind's own way with a stopped process, which reads it word by word.
#include <gtest/gtest.h>
#include <libunwind-ptrace.h>
#include <unistd.h>

#include <map>
#include <thread>
#include <vector>

#include "libtrack/threads/stopped_process.h"
#include "libtrack/threads/thread_capture.h"
#include "tests/support/child_process.h"

namespace mqtrack::threads {
namespace {

using support::Status;
using testing::ChildProcess;
using testing::WaitUntil;

volatile bool waiting = true;

[[gnu::noinline]] int WaitAt(int depth) {
  while (depth == 0 && waiting) ::pause();
  if (depth == 0) return 0;
  volatile int result = WaitAt(depth - 1);
  return result + 1;
}

/// The stack of a stopped thread, as OfflineUnwinder writes it.
std::vector<std::uint64_t> UnwindByPtrace(unw_addr_space_t space, pid_t tid) {
  std::vector<std::uint64_t> addresses;
  void* context = ::_UPT_create(tid);
  unw_cursor_t cursor;
  if (::unw_init_remote(&cursor, space, context) == 0) {
    do {
      unw_word_t ip = 0;
      ::unw_get_reg(&cursor, UNW_REG_IP, &ip);
      if (ip == 0) break;
      addresses.push_back(addresses.empty() ? ip : ip - 1);
    } while (::unw_step(&cursor) > 0);
  }
  ::_UPT_destroy(context);
  return addresses;
}

TEST(OfflineUnwinder, SeesWhatAStoppedProcessShows) {
  const ChildProcess child([] {
    for (int depth = 1; depth < 6; ++depth) std::thread([depth] { WaitAt(depth * 7); }).detach();
    return WaitAt(3);
  });
  const auto settled = [&] {
    const auto capture = CaptureThreads(child.pid());
    if (!capture || capture->threads.size() != 6) return false;
    for (const CapturedThread& thread : capture->threads) {
      if (thread.wait_call != "pause" || !thread.complete) return false;
    }
    return true;
  };
  ASSERT_TRUE(WaitUntil(settled));
  std::map<pid_t, std::vector<std::uint64_t>> expected;
  const Status status = WhileStopped(child.pid(), {.limit = std::chrono::seconds(10)}, [&](StoppedProcess& process) {
    unw_addr_space_t space = ::unw_create_addr_space(&_UPT_accessors, 0);
    for (const StoppedThread& thread : process.threads()) expected[thread.tid] = UnwindByPtrace(space, thread.tid);
    ::unw_destroy_addr_space(space);
    return Status();
  });
  ASSERT_TRUE(status) << status.error().ToString();
  const auto capture = CaptureThreads(child.pid());
  ASSERT_TRUE(capture) << capture.error().ToString();
  ASSERT_EQ(capture->threads.size(), expected.size());
  for (const CapturedThread& thread : capture->threads) {
    EXPECT_EQ(thread.addresses, expected[thread.tid]) << "thread " << thread.tid;
    EXPECT_GT(thread.addresses.size(), 5u);
  }
}

}  // namespace
}  // namespace mqtrack::threads
