#include "libtrack/symbolize/name_cache.h"

namespace mqtrack::symbolize {

void ForgetIfTooMany(NameCache& names) {
  constexpr std::size_t kMost = 2'000'000;
  std::size_t count = 0;
  for (const auto& [file, cached] : names) count += cached.by_vaddr.size();
  if (count > kMost) names.clear();
}

}  // namespace mqtrack::symbolize
