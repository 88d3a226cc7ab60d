#include "libtrack/snapshot/module_map.h"

#include <algorithm>
#include <numeric>

namespace mqtrack::snapshot {
namespace {

bool Covers(const log::LogModule& module, std::uint64_t address) {
  return module.start <= address && address < module.end;
}

}  // namespace

ModuleMap::ModuleMap(const std::vector<log::LogModule>& modules) : modules_(modules), by_start_(modules.size()) {
  std::iota(by_start_.begin(), by_start_.end(), 0u);
  std::sort(by_start_.begin(), by_start_.end(),
            [&](std::uint32_t a, std::uint32_t b) { return modules_[a].start < modules_[b].start; });
  for (std::size_t i = 1; i < by_start_.size(); ++i) {
    overlap_ = overlap_ || modules_[by_start_[i]].start < modules_[by_start_[i - 1]].end;
  }
}

std::uint32_t ModuleMap::Find(std::uint64_t address, std::uint32_t registered) const {
  if (!overlap_) {  // nearly always
    const auto after =
        std::upper_bound(by_start_.begin(), by_start_.end(), address,
                         [&](std::uint64_t value, std::uint32_t index) { return value < modules_[index].start; });
    if (after == by_start_.begin()) return kNone;
    const std::uint32_t index = *(after - 1);
    return Covers(modules_[index], address) ? index : kNone;
  }
  const auto known = static_cast<std::uint32_t>(std::min<std::size_t>(registered, modules_.size()));
  for (std::uint32_t i = known; i-- > 0;) {
    if (Covers(modules_[i], address)) return i;
  }
  // A library is registered only when it is first noticed, which may be after its first stack.
  for (std::uint32_t i = known; i < modules_.size(); ++i) {
    if (Covers(modules_[i], address)) return i;
  }
  return kNone;
}

}  // namespace mqtrack::snapshot
