// A mapping for each connection, which is never unmapped.
#include <sys/mman.h>

#include "service/case.h"

namespace mqtrack::verdicts {
namespace {

constexpr std::size_t kStore = 16 << 10;
void* volatile last;

[[gnu::noinline]] void MapMessageStore(Client&) {
  last = mmap(nullptr, kStore, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

const Case kCase("mapping", {.on_connect = MapMessageStore});

}  // namespace
}  // namespace mqtrack::verdicts
