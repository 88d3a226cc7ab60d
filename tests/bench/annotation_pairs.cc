// What annotations cost, beside what they are about: nanoseconds of a region that is entered and left, of a resource
// that is acquired and released, and of a block that is allocated and freed, in the same run.
//
//   mqtrack run -- annotation_pairs N        (without the recorder: what they cost a service that is not recorded)
#include <track/track.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>

namespace {

[[gnu::noinline]] void RegionPair() { MQTRACK_REGION("decode"); }

[[gnu::noinline]] void NestedPair() {
  MQTRACK_REGION("handle");
  RegionPair();
}

[[gnu::noinline]] void ResourcePair() {
  static char buffer;
  mqtrack_acquire("buffer", &buffer, 4096);
  mqtrack_release("buffer", &buffer);
}

[[gnu::noinline]] void BlockPair() {
  void* volatile block = std::malloc(100);
  std::free(block);
}

double Nanoseconds(void (*pair)(), long pairs) {
  for (long i = 0; i < pairs / 10; ++i) pair();
  const auto start = std::chrono::steady_clock::now();
  for (long i = 0; i < pairs; ++i) pair();
  const std::chrono::duration<double, std::nano> taken = std::chrono::steady_clock::now() - start;
  return taken.count() / static_cast<double>(pairs);
}

}  // namespace

int main(int argc, char** argv) {
  const long pairs = argc > 1 ? std::atol(argv[1]) : 1'000'000;
  if (pairs <= 0) return 2;
  const double block = Nanoseconds(BlockPair, pairs);
  const auto print = [&](const char* what, double nanoseconds) {
    std::printf("%-28s %7.1f ns  %5.2f of malloc and free\n", what, nanoseconds, nanoseconds / block);
  };
  std::printf("%s\n", mqtrack_is_recording() != 0 ? "recorded" : "not recorded");
  print("malloc, free", block);
  print("region", Nanoseconds(RegionPair, pairs));
  print("region in a region", Nanoseconds(NestedPair, pairs));
  print("acquire, release", Nanoseconds(ResourcePair, pairs));
}
