// Which CSS class colours a box; the colours themselves are in flame.css.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "reports/flame/flame_tree.h"
#include "reports/picture/stack_set.h"

namespace mqtrack::reports {

/// Gives each module a colour that is the same in every picture as far as possible: the place comes from a hash of the
/// name, and only when a heavier module of the same picture holds it, the next free one is taken.
class ModulePalette {
 public:
  static constexpr std::size_t kColours = 12;

  ModulePalette(const StackSet& set, const FlameTree& tree);
  /// "m0" … "m11".
  [[nodiscard]] std::string ClassOf(std::string_view module) const;
  /// Modules that are drawn, heaviest (by the boxes' own values) first.
  [[nodiscard]] const std::vector<std::string>& modules() const { return modules_; }

 private:
  std::map<std::string, std::size_t, std::less<>> colour_by_module_;
  std::vector<std::string> modules_;
};

/// Of a comparison: "r1" … "r4" grew, "b1" … "b4" shrank, by how much relative to the larger of before and now; "n"
/// both alike. Without a base nothing is known to be relative to, and the share of `weight` decides.
[[nodiscard]] std::string GrowthClass(const FlameBox& box, bool has_base);

}  // namespace mqtrack::reports
