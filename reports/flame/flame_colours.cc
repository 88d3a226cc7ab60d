#include "reports/flame/flame_colours.h"

#include <algorithm>
#include <array>

namespace mqtrack::reports {
namespace {

// FNV-1a: the same on every machine, unlike std::hash.
std::uint64_t StableHash(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  return hash;
}

// "libssl.so.3" and "libssl.so.1.1" keep one colour.
std::string_view WithoutVersion(std::string_view module) {
  const std::size_t so = module.find(".so");
  return so == std::string_view::npos ? module : module.substr(0, so);
}

}  // namespace

ModulePalette::ModulePalette(const StackSet& set, const FlameTree& tree) {
  std::map<std::string, std::int64_t> weight_by_module;
  for (std::size_t i = 1; i < tree.boxes.size(); ++i) {
    const FlameBox& box = tree.boxes[i];
    const FrameText& frame = set.frames[Index(box.frame)];
    if (frame.label || frame.wrapper || box.tail) continue;
    std::int64_t& weight = weight_by_module[frame.module];
    weight = SaturatingAdd(weight, Magnitude(box.self.growth()));
  }
  for (const auto& [module, weight] : weight_by_module) modules_.push_back(module);
  std::stable_sort(modules_.begin(), modules_.end(), [&](const std::string& a, const std::string& b) {
    return weight_by_module.at(a) > weight_by_module.at(b);
  });
  std::array<bool, kColours> taken{};
  for (const std::string& module : modules_) {
    std::size_t colour = StableHash(WithoutVersion(module)) % kColours;
    for (std::size_t tries = 0; tries < kColours && taken[colour]; ++tries) colour = (colour + 1) % kColours;
    taken[colour] = true;
    colour_by_module_[module] = colour;
  }
}

std::string ModulePalette::ClassOf(std::string_view module) const {
  const auto found = colour_by_module_.find(module);
  const std::size_t colour =
      found != colour_by_module_.end() ? found->second : StableHash(WithoutVersion(module)) % kColours;
  return "m" + std::to_string(colour);
}

std::string GrowthClass(const FlameBox& box, bool has_base) {
  const std::int64_t growth = box.value.growth();
  if (growth == 0) return "n";
  const std::int64_t larger = has_base ? std::max(Magnitude(box.value.base), Magnitude(box.value.value)) : box.weight;
  const double relative = larger == 0 ? 1.0 : static_cast<double>(Magnitude(growth)) / static_cast<double>(larger);
  const int level = relative <= 0.1 ? 1 : relative <= 1.0 / 3 ? 2 : relative <= 0.5 ? 3 : 4;
  return (growth > 0 ? "r" : "b") + std::to_string(level);
}

}  // namespace mqtrack::reports
