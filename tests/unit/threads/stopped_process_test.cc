#include "libtrack/threads/stopped_process.h"

#include <gtest/gtest.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>

#include <atomic>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <random>
#include <set>
#include <thread>
#include <vector>

#include "libtrack/procfs/proc_status.h"
#include "tests/support/child_process.h"

namespace mqtrack::threads {
namespace {

using support::ErrorCode;
using support::Status;
using testing::ChildProcess;
using testing::WaitUntil;

// What a child tells its test.
struct Shared {
  std::atomic<std::uint64_t> ticks{0};
  std::atomic<int> interrupted{0}, signals{0}, waits{0};
};

class StoppedProcessTest : public ::testing::Test {
 protected:
  StoppedProcessTest()
      : shared_(new (::mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0))
                    Shared) {}
  ~StoppedProcessTest() override { ::munmap(shared_, sizeof(Shared)); }

  [[nodiscard]] bool Ticks() const {
    const std::uint64_t before = shared_->ticks;
    return WaitUntil([&] { return shared_->ticks > before; });
  }

  Shared* shared_;
};

int RunThreads(Shared* shared, int count) {
  for (int i = 0; i < count; ++i) {
    std::thread([shared] {
      for (;;) {
        ++shared->ticks;
        ::usleep(500);
      }
    }).detach();
  }
  for (;;) ::pause();
}

std::vector<char> StatesOf(pid_t pid) {
  std::vector<char> states;
  std::error_code error;
  for (std::filesystem::directory_iterator it("/proc/" + std::to_string(pid) + "/task", error), end;
       !error && it != end; it.increment(error)) {
    std::ifstream stat(it->path() / "stat");
    std::string line;
    std::getline(stat, line);
    const std::size_t close = line.rfind(')');
    if (close != std::string::npos && close + 2 < line.size()) states.push_back(line[close + 2]);
  }
  return states;
}

bool AnyTraced(pid_t pid) {
  for (const char state : StatesOf(pid)) {
    if (state == 't' || state == 'T') return true;
  }
  return false;
}

TEST_F(StoppedProcessTest, EveryThreadStandsStillAndGoesOn) {
  const ChildProcess child([&] { return RunThreads(shared_, 20); });
  ASSERT_TRUE(WaitUntil([&] { return StatesOf(child.pid()).size() == 21; }));
  ASSERT_TRUE(Ticks());
  const Status status = WhileStopped(child.pid(), {.limit = std::chrono::seconds(10)}, [&](StoppedProcess& process) {
    std::set<pid_t> tids;
    for (const StoppedThread& thread : process.threads()) {
      EXPECT_TRUE(thread.stopped);
      EXPECT_NE(thread.registers.pc(), 0u);
      EXPECT_NE(thread.registers.sp(), 0u);
      tids.insert(thread.tid);
    }
    EXPECT_EQ(tids.size(), 21u);
    const std::uint64_t before = shared_->ticks;
    for (const char state : StatesOf(child.pid())) EXPECT_EQ(state, 't');
    EXPECT_EQ(shared_->ticks, before);
    EXPECT_GT(process.stood_still().count(), 0);
    return Status();
  });
  ASSERT_TRUE(status) << status.error().ToString();
  EXPECT_TRUE(Ticks());
  EXPECT_FALSE(AnyTraced(child.pid()));
}

TEST_F(StoppedProcessTest, ThreadsThatComeAndGoMeanwhile) {
  const ChildProcess child([&] {
    for (int i = 0; i < 3; ++i) {
      std::thread([&] {
        ++shared_->waits;
        for (;;) {
          std::thread([&] { ++shared_->ticks; }).join();
        }
      }).detach();
    }
    for (;;) ::pause();
    return 0;
  });
  ASSERT_TRUE(WaitUntil([&] { return shared_->waits == 3; }));
  for (int i = 0; i < 50; ++i) {
    const Status status = WhileStopped(child.pid(), {.limit = std::chrono::seconds(10)}, [&](StoppedProcess& process) {
      const std::uint64_t before = shared_->ticks;
      EXPECT_GE(process.threads().size(), 4u);
      for (const StoppedThread& thread : process.threads()) EXPECT_TRUE(thread.stopped);
      EXPECT_EQ(shared_->ticks, before);
      return Status();
    });
    ASSERT_TRUE(status) << status.error().ToString();
  }
  EXPECT_TRUE(Ticks());
}

// The promise that matters most: whatever happens to us, the service goes on.
TEST_F(StoppedProcessTest, GoesOnWhenTheTracerIsKilledAtAnyMoment) {
  const ChildProcess child([&] { return RunThreads(shared_, 10); });
  ASSERT_TRUE(WaitUntil([&] { return StatesOf(child.pid()).size() == 11; }));
  ASSERT_TRUE(Ticks());
  std::mt19937 random(4711);
  std::uniform_int_distribution<int> delay_us(0, 3000);
  int killed_while_stopped = 0;
  for (int i = 0; i < 150; ++i) {
    shared_->waits = 0;
    ChildProcess tracer([&] {
      for (;;) {
        const Status status = WhileStopped(child.pid(), {}, [&](StoppedProcess&) {
          shared_->waits = 1;
          return ::usleep(200), Status();
        });
        if (!status) return 1;
      }
      return 0;
    });
    ASSERT_TRUE(WaitUntil([&] { return shared_->waits == 1; }));
    ::usleep(static_cast<useconds_t>(delay_us(random)));
    killed_while_stopped += AnyTraced(child.pid()) ? 1 : 0;
    tracer.Reap();
    ASSERT_FALSE(AnyTraced(child.pid())) << "after kill " << i;
  }
  EXPECT_TRUE(Ticks());
  EXPECT_EQ(StatesOf(child.pid()).size(), 11u);
  EXPECT_GT(killed_while_stopped, 0) << "no kill came while the process stood still, so nothing was tried";
}

TEST_F(StoppedProcessTest, AProcessThatWasStoppedStaysSo) {
  const ChildProcess child([&] { return RunThreads(shared_, 2); });
  ASSERT_TRUE(WaitUntil([&] { return StatesOf(child.pid()).size() == 3; }));
  ASSERT_TRUE(Ticks());
  ::kill(child.pid(), SIGSTOP);
  const auto stopped = [&] { return StatesOf(child.pid()) == std::vector<char>(3, 'T'); };
  ASSERT_TRUE(WaitUntil(stopped));
  const Status status = WhileStopped(child.pid(), {.limit = std::chrono::seconds(10)}, [&](StoppedProcess& process) {
    EXPECT_EQ(process.threads().size(), 3u);
    for (const StoppedThread& thread : process.threads()) EXPECT_TRUE(thread.stopped && thread.group_stopped);
    return Status();
  });
  ASSERT_TRUE(status) << status.error().ToString();
  EXPECT_TRUE(WaitUntil(stopped));
  const std::uint64_t before = shared_->ticks;
  EXPECT_EQ(shared_->ticks, before);
  ::kill(child.pid(), SIGCONT);
  EXPECT_TRUE(Ticks());
}

// epoll_wait answers any interruption with EINTR, which many a service takes for the end of the world.
TEST_F(StoppedProcessTest, WaitsGoOnAsIfNothingHadHappened) {
  const ChildProcess child([&] {
    const int epoll = ::epoll_create1(0);
    int pipe[2];
    if (epoll < 0 || ::pipe(pipe) != 0) return 1;
    epoll_event event{};
    ::epoll_ctl(epoll, EPOLL_CTL_ADD, pipe[0], &event);
    shared_->waits = 1;
    for (;;) {
      if (::epoll_wait(epoll, &event, 1, -1) < 0 && errno == EINTR) ++shared_->interrupted;
    }
    return 0;
  });
  ASSERT_TRUE(WaitUntil([&] { return shared_->waits == 1; }));
  ASSERT_TRUE(WaitUntil([&] { return StatesOf(child.pid()) == std::vector<char>{'S'}; }));
  int seen_waiting = 0;
  for (int i = 0; i < 50; ++i) {
    const Status status = WhileStopped(child.pid(), {.limit = std::chrono::seconds(10)}, [&](StoppedProcess& process) {
      const auto call = process.threads().at(0).registers.InterruptedCall();
      seen_waiting += call && call->number == SYS_epoll_wait ? 1 : 0;
      return Status();
    });
    ASSERT_TRUE(status) << status.error().ToString();
    ASSERT_TRUE(WaitUntil([&] { return StatesOf(child.pid()) == std::vector<char>{'S'}; }));
  }
  EXPECT_EQ(seen_waiting, 50);
  EXPECT_EQ(shared_->interrupted, 0);
}

TEST_F(StoppedProcessTest, SignalsThatArriveMeanwhileAreDelivered) {
  static Shared* told = nullptr;
  told = shared_;
  const ChildProcess child([&] {
    struct sigaction action {};
    action.sa_handler = [](int) { ++told->signals; };
    ::sigaction(SIGUSR1, &action, nullptr);
    const int epoll = ::epoll_create1(0);
    epoll_event event{};
    shared_->waits = 1;
    for (;;) {
      if (::epoll_wait(epoll, &event, 1, -1) < 0 && errno == EINTR) ++shared_->interrupted;
    }
    return 0;
  });
  ASSERT_TRUE(WaitUntil([&] { return shared_->waits == 1; }));
  for (int i = 1; i <= 20; ++i) {
    ASSERT_TRUE(WaitUntil([&] { return StatesOf(child.pid()) == std::vector<char>{'S'}; }));
    const Status status = WhileStopped(child.pid(), {.limit = std::chrono::seconds(10)}, [&](StoppedProcess&) {
      ::kill(child.pid(), SIGUSR1);
      return Status();
    });
    ASSERT_TRUE(status) << status.error().ToString();
    // And a handler that ran must end the wait, as it would without us.
    ASSERT_TRUE(WaitUntil([&] { return shared_->signals == i && shared_->interrupted == i; })) << i;
  }
}

TEST_F(StoppedProcessTest, AMainThreadThatHasEnded) {
  const ChildProcess child([&] {
    std::thread([&] { RunThreads(shared_, 2); }).detach();
    ::syscall(SYS_exit, 0);
    return 0;
  });
  ASSERT_TRUE(Ticks());
  ASSERT_TRUE(WaitUntil([&] { return StatesOf(child.pid()).size() == 4 && StatesOf(child.pid())[0] == 'Z'; }));
  const Status status = WhileStopped(child.pid(), {.limit = std::chrono::seconds(10)}, [&](StoppedProcess& process) {
    EXPECT_EQ(process.threads().size(), 3u);
    return Status();
  });
  EXPECT_TRUE(status) << status.error().ToString();
  EXPECT_TRUE(Ticks());
}

Status TryToStop(pid_t pid) {
  return WhileStopped(pid, {}, [](StoppedProcess&) { return Status(); });
}

TEST_F(StoppedProcessTest, SaysWhyItCannot) {
  {
    ChildProcess gone([] { return 0; });
    const pid_t pid = gone.pid();
    gone.WaitForEnd();
    EXPECT_EQ(TryToStop(pid).error().text, "has ended: it is a zombie that its parent has not collected");
    gone.Reap();
    EXPECT_EQ(TryToStop(pid).error().ToString(), "pid " + std::to_string(pid) + ": there is no such process");
  }
  EXPECT_EQ(TryToStop(::getpid()).error().text, "mqtrack cannot stop itself");
  const ChildProcess traced([&] { return RunThreads(shared_, 1); });
  ASSERT_TRUE(Ticks());
  const ChildProcess tracer([&] {
    if (::ptrace(PTRACE_SEIZE, traced.pid(), nullptr, nullptr) == 0) shared_->waits = 1;
    for (;;) ::pause();
    return 0;
  });
  ASSERT_TRUE(WaitUntil([&] { return shared_->waits == 1; }));
  const Status refused = TryToStop(traced.pid());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kCannotMeasure);
  EXPECT_EQ(refused.error().text, "is already traced by threads_test (pid " + std::to_string(tracer.pid()) +
                                      "), and only one program may; try again when that has ended");
}

TEST_F(StoppedProcessTest, SaysWhoMay) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can become another user";
  const ChildProcess other([&] { return RunThreads(shared_, 1); });
  ASSERT_TRUE(Ticks());
  const ChildProcess tracer([&] {
    if (::setresuid(65534, 65534, 65534) != 0) return 1;
    const Status refused = TryToStop(other.pid());
    const bool right = !refused && refused.error().code == ErrorCode::kCannotMeasure &&
                       refused.error().text ==
                           "no permission to trace it; it belongs to user id 0: run mqtrack as that user "
                           "or as root (sudo)";
    if (!right) std::fprintf(stderr, "%s\n", refused ? "not refused" : refused.error().text.c_str());
    shared_->waits = right ? 1 : 2;
    return 0;
  });
  ASSERT_TRUE(WaitUntil([&] { return shared_->waits != 0; }));
  EXPECT_EQ(shared_->waits, 1);
}

}  // namespace
}  // namespace mqtrack::threads
