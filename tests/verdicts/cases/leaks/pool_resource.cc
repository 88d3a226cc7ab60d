// Messages in a pool of the standard library, which get no blocks back.
#include <cstring>
#include <memory_resource>

#include "service/case.h"

namespace mqtrack::verdicts {
namespace {

constexpr std::size_t kCopy = 96;
std::pmr::unsynchronized_pool_resource pool({.max_blocks_per_chunk = 32, .largest_required_pool_block = 256});
void* volatile last;

[[gnu::noinline]] void StoreInPool(Client&, const Message&) {
  last = pool.allocate(kCopy);
  std::memset(last, 0, kCopy);
}

const Case kCase("pool_resource", {.on_publish = StoreInPool});

}  // namespace
}  // namespace mqtrack::verdicts
