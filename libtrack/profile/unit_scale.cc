#include "libtrack/profile/unit_scale.h"

#include <array>
#include <string>

namespace mqtrack::profile {
namespace {

enum class Kind { kMemory, kTime };

struct Unit {
  std::array<std::string_view, 4> names;  // lower case, singular
  Kind kind;
  std::int64_t factor;  // of the finest unit of its kind
};

constexpr std::array<Unit, 12> kUnits = {{
    {{"byte", "b"}, Kind::kMemory, 1},
    {{"kilobyte", "kb", "kib", "kbyte"}, Kind::kMemory, std::int64_t{1} << 10},
    {{"megabyte", "mb", "mib", "mbyte"}, Kind::kMemory, std::int64_t{1} << 20},
    {{"gigabyte", "gb", "gib", "gbyte"}, Kind::kMemory, std::int64_t{1} << 30},
    {{"terabyte", "tb", "tib", "tbyte"}, Kind::kMemory, std::int64_t{1} << 40},
    {{"petabyte", "pb", "pib", "pbyte"}, Kind::kMemory, std::int64_t{1} << 50},
    {{"nanosecond", "ns"}, Kind::kTime, 1},
    {{"microsecond", "us"}, Kind::kTime, 1'000},
    {{"millisecond", "ms"}, Kind::kTime, 1'000'000},
    {{"second", "s", "sec"}, Kind::kTime, 1'000'000'000},
    {{"minute", "min"}, Kind::kTime, 60'000'000'000},
    {{"hour", "hr"}, Kind::kTime, 3'600'000'000'000},
}};

const Unit* Find(std::string_view name) {
  std::string lower;
  for (const char c : name) lower += static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  for (const bool plural : {false, true}) {
    if (plural) {
      if (lower.size() < 3 || lower.back() != 's') return nullptr;
      lower.pop_back();
    }
    for (const Unit& unit : kUnits) {
      for (const std::string_view known : unit.names) {
        if (!known.empty() && known == lower) return &unit;
      }
    }
  }
  return nullptr;
}

}  // namespace

std::optional<std::string_view> FinestUnit(const std::vector<std::string_view>& units) {
  if (units.empty()) return std::nullopt;
  std::string_view finest = units.front();
  for (const std::string_view name : units) {
    if (name == finest) continue;
    const Unit* const best = Find(finest);
    const Unit* const unit = Find(name);
    if (best == nullptr || unit == nullptr || best->kind != unit->kind) return std::nullopt;
    if (unit->factor < best->factor) finest = name;
  }
  return finest;
}

std::int64_t UnitFactor(std::string_view from, std::string_view to) {
  if (from == to) return 1;
  const Unit* const source = Find(from);
  const Unit* const target = Find(to);
  return source == nullptr || target == nullptr ? 1 : source->factor / target->factor;
}

}  // namespace mqtrack::profile
