#include "libtrack/figures/figures.h"

namespace mqtrack::figures {

void Figures::Add(std::string_view name, double value, Labels labels) {
  all_.push_back({&FigureKindOf(name), std::move(labels), value});
}

void Figures::AddIfKnown(std::string_view name, std::int64_t value) {
  if (value >= 0) Add(name, static_cast<double>(value));
}

std::vector<const Figure*> Figures::Of(const FigureKind& kind) const {
  std::vector<const Figure*> of_kind;
  for (const Figure& figure : all_) {
    if (figure.kind == &kind) of_kind.push_back(&figure);
  }
  return of_kind;
}

}  // namespace mqtrack::figures
