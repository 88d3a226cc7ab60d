#include "reports/stress/stress_comparison.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "libtrack/analysis/printable.h"

namespace mqtrack::reports {
namespace {

using nlohmann::json;
using support::Error;
using support::ErrorCode;
using support::Result;
using support::Status;

/// A number at a path of members; 0 if there is none.
double NumberAt(const json& object, std::initializer_list<const char*> path) {
  const json* at = &object;
  for (const char* key : path) {
    if (!at->is_object()) return 0;
    const auto found = at->find(key);
    if (found == at->end()) return 0;
    at = &*found;
  }
  return at->is_number() ? at->get<double>() : 0;
}

std::string TextAt(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

bool IsResult(const json& parsed) {
  if (!parsed.is_object() || TextAt(parsed, "schema") != "mqtrack-stress/1") return false;
  const auto stages = parsed.find("stages");
  return stages != parsed.end() && stages->is_array() &&
         std::all_of(stages->begin(), stages->end(), [](const json& one) { return one.is_object(); });
}

Error NoResult(const std::string& name) {
  return {ErrorCode::kBadInput, "is no result of mqtrack stress --json", name};
}

Error OtherStages(const std::string& name) {
  return {ErrorCode::kBadInput, "is of another scenario, or of a load that was ended early: its stages are not these",
          name};
}

class Comparer {
 public:
  Comparer(double tolerance, StressComparison& to) : tolerance_(tolerance), to_(to) {}

  void Stage(const json& before, const json& after) {
    name_ = TextAt(after, "name");
    Latency(before, after, "answer", "p50_us", "median to the answer, us");
    Latency(before, after, "answer", "p99_us", "p99 to the answer, us");
    Latency(before, after, "delivery", "p50_us", "median to the subscriber, us");
    Latency(before, after, "delivery", "p99_us", "p99 to the subscriber, us");
    const double rate_before = PerSecond(before), rate_after = PerSecond(after);
    if (rate_before > 0) Add("done a second", rate_before, rate_after, rate_after < rate_before * (1 - tolerance_));
    const double failed_before = FailedPart(before), failed_after = FailedPart(after);
    Add("failed or dropped, %", 100 * failed_before, 100 * failed_after, failed_after > failed_before + 0.001);
    if (before.contains("after") && after.contains("after")) {
      Memory(before, after, "live_bytes", "live heap, bytes");
      Memory(before, after, "resident_bytes", "resident, bytes");
      Add("descriptors", NumberAt(before, {"after", "descriptor_count"}),
          NumberAt(after, {"after", "descriptor_count"}),
          NumberAt(after, {"after", "descriptor_count"}) > NumberAt(before, {"after", "descriptor_count"}) + 8);
    }
  }

 private:
  static double PerSecond(const json& stage) {
    const double seconds = NumberAt(stage, {"seconds"});
    return seconds > 0 ? NumberAt(stage, {"done"}) / seconds : 0;
  }
  static double FailedPart(const json& stage) {
    const double planned = NumberAt(stage, {"planned"});
    return planned > 0 ? (NumberAt(stage, {"failed"}) + NumberAt(stage, {"dropped"})) / planned : 0;
  }
  void Latency(const json& before, const json& after, const char* kind, const char* key, const char* figure) {
    constexpr double kNoiseMicros = 1000;
    if (NumberAt(before, {kind, "count"}) == 0 || NumberAt(after, {kind, "count"}) == 0) return;
    const double a = NumberAt(before, {kind, key}), b = NumberAt(after, {kind, key});
    Add(figure, a, b, b > a * (1 + tolerance_) && b > a + kNoiseMicros);
  }
  void Memory(const json& before, const json& after, const char* key, const char* figure) {
    constexpr double kNoiseBytes = 65'536;
    const double a = NumberAt(before, {"after", key}), b = NumberAt(after, {"after", key});
    Add(figure, a, b, b > a * (1 + tolerance_) && b > a + kNoiseBytes);
  }
  void Add(const char* figure, double before, double after, bool is_worse) {
    to_.figures.push_back({name_, figure, before, after, is_worse});
  }

  double tolerance_;
  StressComparison& to_;
  std::string name_;
};

}  // namespace

bool StressComparison::HasWorse() const {
  return std::any_of(figures.begin(), figures.end(), [](const ComparedFigure& one) { return one.is_worse; });
}

Status CheckStressBase(std::string_view before, const std::string& before_name, const stress::Scenario& scenario) {
  const json base = json::parse(before, nullptr, false);
  if (!IsResult(base)) return NoResult(before_name);
  const json& stages = base["stages"];
  const bool same = std::equal(stages.begin(), stages.end(), scenario.stages.begin(), scenario.stages.end(),
                               [](const json& one, const stress::Stage& stage) {
                                 return TextAt(one, "name") == analysis::Printable(stage.name) &&
                                        TextAt(one, "do") == stress::ActionName(stage.action);
                               });
  if (!same) return OtherStages(before_name);
  return {};
}

Result<StressComparison> CompareStress(std::string_view before, const std::string& before_name, std::string_view after,
                                       double tolerance) {
  const json a = json::parse(before, nullptr, false), b = json::parse(after, nullptr, false);
  if (!IsResult(a)) return NoResult(before_name);
  if (!IsResult(b)) return NoResult("the new result");
  const json &stages = a["stages"], &newer = b["stages"];
  bool same = stages.size() == newer.size();
  for (std::size_t i = 0; same && i < stages.size(); ++i)
    same = TextAt(stages[i], "name") == TextAt(newer[i], "name") && TextAt(stages[i], "do") == TextAt(newer[i], "do");
  if (!same) return OtherStages(before_name);
  StressComparison comparison;
  Comparer comparer(tolerance, comparison);
  for (std::size_t i = 0; i < stages.size(); ++i) comparer.Stage(stages[i], newer[i]);
  return comparison;
}

}  // namespace mqtrack::reports
