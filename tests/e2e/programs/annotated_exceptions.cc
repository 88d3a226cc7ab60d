// Regions in C++: left by exceptions, by return, and as an object. Leaks a block of a size of its own in each, and
// waits for its input to end.
#include <track/track.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <stdexcept>

namespace {

void* volatile lost;

[[gnu::noinline]] void Lose(std::size_t bytes) { lost = std::malloc(bytes); }

[[gnu::noinline]] void Throw() {
  MQTRACK_REGION("throws");
  Lose(2001);
  throw std::runtime_error("out of all regions");
}

[[gnu::noinline]] int ReturnEarly(bool early) {
  MQTRACK_REGION("returns");
  if (early) {
    MQTRACK_REGION("early");
    Lose(2003);
    return 1;
  }
  return 0;
}

}  // namespace

int main() {
  MQTRACK_REGION("main");
  try {
    MQTRACK_REGION("try");
    Throw();
  } catch (const std::runtime_error&) {
    Lose(2005);
  }
  ReturnEarly(true);
  Lose(2007);
  {
    const auto object = std::make_unique<mqtrack::Region>("object");
    Lose(2009);
  }
  Lose(2011);
  std::puts("ready");
  std::fflush(stdout);
  while (std::getchar() != EOF) {
  }
}
