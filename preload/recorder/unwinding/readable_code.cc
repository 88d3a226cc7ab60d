#include "preload/recorder/unwinding/readable_code.h"

#include "preload/recorder/cpu/cpu.h"
#include "preload/recorder/sync/atomic_field.h"
#include "preload/recorder/unwinding/readable.h"

namespace mqtrack::recorder {
namespace {

constexpr std::uint64_t kPage = cpu::kSmallestPage;
std::uint64_t readable_pages[256];

}  // namespace

bool IsCodeReadable(std::uint64_t address) {
  const std::uint64_t page = address / kPage;
  std::uint64_t& known = readable_pages[page % 256];
  if (LoadRelaxed(known) == page) return true;
  if (!IsReadable(page * kPage)) return false;
  StoreRelaxed(known, page);
  return true;
}

}  // namespace mqtrack::recorder
