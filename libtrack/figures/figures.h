// Figures: values by the names of the catalogue.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "libtrack/figures/figure_kinds.h"

namespace mqtrack::figures {

using Labels = std::vector<std::pair<std::string, std::string>>;  // name, value

/// One value of a family.
struct Figure {
  const FigureKind* kind = nullptr;  // of the catalogue, never null
  Labels labels;
  double value = 0;
};

/// What is known of one service at one moment. A figure that is not known is not there. Not thread-safe; copyable.
class Figures {
 public:
  /// `name` must be in the catalogue; whole numbers beyond 2^53 are rounded.
  void Add(std::string_view name, double value, Labels labels = {});
  /// Nothing if `value` is negative, which means "not known" in facts.
  void AddIfKnown(std::string_view name, std::int64_t value);
  void Append(const Figures& others) { all_.insert(all_.end(), others.all_.begin(), others.all_.end()); }
  [[nodiscard]] const std::vector<Figure>& all() const { return all_; }
  /// Those of one family, in the order in which they were added.
  [[nodiscard]] std::vector<const Figure*> Of(const FigureKind& kind) const;

 private:
  std::vector<Figure> all_;
};

/// Figures of one service, under the name that it bears here.
struct TargetFigures {
  std::string process;  // the label `process`; empty: no label (the server's own)
  Figures figures;
};

}  // namespace mqtrack::figures
