// Our unwinder against libunwind on real code: at every allocation of a C++ workload, and at arbitrary instructions of
// it and of libcrypto's assembly, where a timer's signal happens to strike.
//
// MQTRACK_REFEREE_STACKS=n compares at least n stacks (a million takes half a minute); the default is for every day.
#include <dlfcn.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <time.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <regex>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "preload/recorder/unwinding/cfi.h"
#include "tests/unit/recorder/unwinding/unwind_comparison.h"

namespace mqtrack::recorder {
namespace {

Tally tally;

volatile bool comparing = false;

void CompareOnce(bool in_signal) {
  if (!comparing) return;
  comparing = false;
  CompareUnwinders(tally, in_signal);
  comparing = true;
}

void OnTimer(int) {
  const int saved = errno;
  CompareOnce(true);
  errno = saved;
}

// --- the workload

__attribute__((noinline)) int ThrowsDeep(int depth, const std::string& text) {
  const std::vector<std::string> copies(static_cast<std::size_t>(depth % 4 + 1), text);
  if (depth == 0) throw std::runtime_error(copies.front() + " expected");
  return ThrowsDeep(depth - 1, copies.back() + "x") + 1;
}

struct Shape {
  virtual ~Shape() = default;
  virtual std::string Name() const = 0;
};
template <int kSides>
struct Polygon : Shape {
  std::string Name() const override { return std::string(40, 'p') + std::to_string(kSides); }
};

void LibraryCode(int round) {
  static const std::regex pattern("([a-z]+)-([0-9]+)(-x)?");
  std::smatch match;
  const std::string subject = "topic-" + std::to_string(round) + "-x";
  std::regex_match(subject, match, pattern);
  std::map<std::string, std::vector<int>> table;
  for (int i = 0; i < 20; ++i) table["a rather long key to be allocated " + std::to_string(i * 7919 % 20)].push_back(i);
  std::vector<std::unique_ptr<Shape>> shapes;
  shapes.push_back(std::make_unique<Polygon<3>>());
  shapes.push_back(std::make_unique<Polygon<5>>());
  std::sort(shapes.begin(), shapes.end(), [](const auto& a, const auto& b) { return a->Name() < b->Name(); });
  std::ostringstream stream;
  stream << subject << ' ' << 3.5 * round << ' ' << shapes.front()->Name();
  std::function<std::string()> nested = [text = stream.str()] { return text + text; };
  std::string result = nested();
  try {
    ThrowsDeep(round % 12, result);
  } catch (const std::exception& error) {
    result += error.what();
  }
  char text[64];
  std::snprintf(text, sizeof text, "%d %g %s", round, 1.0 / (round + 1), "x");
}

/// libcrypto: hand-written assembly with hand-written unwind tables.
class Crypto {
 public:
  Crypto() : library_(::dlopen("libcrypto.so.3", RTLD_NOW)) {
    if (library_ == nullptr) return;
    digest_ = reinterpret_cast<Digest>(::dlsym(library_, "EVP_Q_digest"));
    generate_ = reinterpret_cast<Generate>(::dlsym(library_, "EVP_PKEY_Q_keygen"));
    release_ = reinterpret_cast<Release>(::dlsym(library_, "EVP_PKEY_free"));
  }
  [[nodiscard]] bool there() const { return digest_ != nullptr && generate_ != nullptr && release_ != nullptr; }
  void Work(int round) const {
    static unsigned char data[65536], out[64];
    std::size_t bytes = 0;
    for (const char* name : {"SHA256", "SHA512", "SHA1", "SHA3-256", "MD5", "BLAKE2B512"}) {
      digest_(nullptr, name, nullptr, data, sizeof data, out, &bytes);
    }
    if (round % 8 == 0) release_(generate_(nullptr, nullptr, "RSA", std::size_t{1024}));
    if (round % 8 == 4) release_(generate_(nullptr, nullptr, "EC", "P-256"));
    if (round % 8 == 6) release_(generate_(nullptr, nullptr, "X25519"));
  }

 private:
  using Digest = int (*)(void*, const char*, const char*, const void*, std::size_t, unsigned char*, std::size_t*);
  using Generate = void* (*)(void*, const char*, const char*, ...);
  using Release = void (*)(void*);
  void* library_;
  Digest digest_ = nullptr;
  Generate generate_ = nullptr;
  Release release_ = nullptr;
};

TEST(UnwindReferee, AgreesWithLibunwindOnRealCode) {
  InitialiseCfi();
  const Crypto crypto;
  ASSERT_TRUE(crypto.there()) << "libcrypto.so.3 is missing";
  const char* wanted = std::getenv("MQTRACK_REFEREE_STACKS");
  const long stacks = wanted != nullptr ? std::atol(wanted) : 60'000;
  struct sigaction action {
  }, before{};
  action.sa_handler = OnTimer;
  action.sa_flags = SA_RESTART;
  ASSERT_EQ(::sigaction(SIGPROF, &action, &before), 0);
  sigevent event{};
  event.sigev_notify = SIGEV_SIGNAL;
  event.sigev_signo = SIGPROF;
  timer_t timer{};
  ASSERT_EQ(::timer_create(CLOCK_MONOTONIC, &event, &timer), 0);
  const itimerspec every{{0, 73'000}, {0, 73'000}};
  ASSERT_EQ(::timer_settime(timer, 0, &every, nullptr), 0);
  comparing = true;
  for (int round = 0; tally.compared < stacks; ++round) {
    LibraryCode(round);
    if (round % 8 == 0) crypto.Work(round / 8);
  }
  comparing = false;
  ::timer_delete(timer);
  ::sigaction(SIGPROF, &before, nullptr);

  PrintTally(stdout, tally);
  EXPECT_GT(tally.from_signals, stacks / 200);
  EXPECT_EQ(tally.wrong, 0);
  EXPECT_EQ(tally.wrong_paths, 0);
  EXPECT_GT(tally.known_paths, stacks / 2);
  EXPECT_EQ(tally.wrong_recent, 0);
  EXPECT_GT(tally.recent, stacks / 2);
  // A signal may strike where no table says where the caller is: in the start of a program, or in code without tables.
  // So this counts against the signals, of which a slow machine sees more.
  EXPECT_LE(tally.incomplete, tally.from_signals / 10);
  EXPECT_EQ(tally.incomplete_calls, 0);
}

}  // namespace
}  // namespace mqtrack::recorder

/// Every allocation of the workload is a comparison.
__attribute__((noinline)) void* operator new(std::size_t size) {
  mqtrack::recorder::CompareOnce(false);
  if (void* block = std::malloc(size)) return block;
  std::abort();
}
__attribute__((noinline)) void operator delete(void* block) noexcept { std::free(block); }
__attribute__((noinline)) void operator delete(void* block, std::size_t) noexcept { std::free(block); }
