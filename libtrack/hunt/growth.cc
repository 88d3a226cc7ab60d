#include "libtrack/hunt/growth.h"

namespace mqtrack::hunt {
namespace {

using Values = std::vector<std::int64_t>;

bool IsExact(const Values& growth, const Values& rounds) {
  if (growth.front() <= 0) return false;
  for (std::size_t i = 1; i < growth.size(); ++i) {
    if (growth[i] * rounds.front() != growth.front() * rounds[i]) return false;
  }
  return true;
}

bool IsNearlyEven(const Values& growth, const Values& rounds) {
  for (std::size_t i = 0; i < growth.size(); ++i) {
    if (growth[i] <= 0) return false;
    if (i == 0) continue;
    const double factor = static_cast<double>(growth[i]) / static_cast<double>(growth[i - 1]);
    const double expected = static_cast<double>(rounds[i]) / static_cast<double>(rounds[i - 1]);
    if (factor < expected * 2 / 3 || factor > expected * 4 / 3) return false;
  }
  return true;
}

Values Of(const std::vector<Tally>& growth, std::int64_t Tally::*part) {
  Values values;
  for (const Tally& one : growth) values.push_back(one.*part);
  return values;
}

}  // namespace

Judgement Judge(const std::vector<Tally>& growth, const std::vector<std::int64_t>& rounds) {
  Judgement judgement;
  const Values objects = Of(growth, &Tally::objects), bytes = Of(growth, &Tally::bytes);
  bool grew = false;
  for (std::size_t i = 0; i < growth.size(); ++i) {
    judgement.total.objects += objects[i];
    judgement.total.bytes += bytes[i];
    judgement.rounds += rounds[i];
    grew = grew || objects[i] > 0 || bytes[i] > 0;
  }
  const bool has_bytes = judgement.total.bytes != 0;
  if (!grew) return judgement;
  judgement.is_exact = (has_bytes ? IsExact(bytes, rounds) : IsExact(objects, rounds)) &&
                       (IsExact(objects, rounds) || judgement.total.objects == 0);
  const bool even = IsNearlyEven(objects, rounds) || (has_bytes && IsNearlyEven(bytes, rounds));
  if (judgement.is_exact || even) {
    judgement.course = Course::kLeak;
  } else {
    const bool still_grows = objects.back() > 0 || bytes.back() > 0;
    judgement.course = still_grows ? Course::kNotSettled : Course::kSettled;
  }
  return judgement;
}

}  // namespace mqtrack::hunt
