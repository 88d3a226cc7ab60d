#include "libtrack/topology/topology_checks.h"

#include <charconv>
#include <cmath>
#include <iterator>

#include "libtrack/support/plural.h"
#include "libtrack/support/units.h"
#include "libtrack/support/words.h"
#include "libtrack/topology/time_text.h"

namespace mqtrack::topology {
namespace {

using Kind = Check::Kind;

enum class Value { kNone, kTime, kTimes, kPercent, kCount };

struct Form {
  Kind kind;
  const char* name;
  Value value;
  const char* example;
};
constexpr Form kForms[] = {{Kind::kCycle, "cycle", Value::kNone, "cycle"},
                           {Kind::kNewCycle, "new-cycle", Value::kNone, "new-cycle"},
                           {Kind::kNewEdge, "new-edge", Value::kNone, "new-edge"},
                           {Kind::kSlowService, "slow-service", Value::kNone, "slow-service"},
                           {Kind::kP50, "p50", Value::kTime, "p50=TIME"},
                           {Kind::kP99, "p99", Value::kTime, "p99=TIME"},
                           {Kind::kSlower, "slower", Value::kTimes, "slower=TIMES"},
                           {Kind::kErrorRate, "error-rate", Value::kPercent, "error-rate=PERCENT"},
                           {Kind::kOrphans, "orphans", Value::kCount, "orphans=N"}};

// Of the lines, and of the spans with a parent: what may be lost before a check is worth nothing.
constexpr double kMostLost = 0.01;

support::Error BadCheck(std::string_view text, const std::string& why) {
  return {support::ErrorCode::kBadInput, "'" + std::string(text) + "' " + why, "--fail-on"};
}

bool ParseNumber(std::string_view text, std::string_view unit, double& number) {
  if (text.ends_with(unit)) text.remove_suffix(unit.size());
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() && std::isfinite(number) && number >= 0;
}

support::Result<Check> WithValue(const Form& form, std::string_view text, std::string_view value) {
  Check check{form.kind, 0, std::string(text)};
  bool good = true;
  switch (form.value) {
    case Value::kNone:
      return BadCheck(text, std::string("has a value, but ") + form.name + " takes none");
    case Value::kTime: {
      const std::int64_t nanos = ParseSpanDuration(value, 0);
      good = nanos > 0;
      check.limit = static_cast<double>(nanos);
      if (!good) return BadCheck(text, "has no time such as 250ms, 1.5s or 20us");
      break;
    }
    case Value::kTimes:
      good = ParseNumber(value, "x", check.limit) && check.limit >= 1;
      if (!good) return BadCheck(text, "has no number from 1 on, such as slower=1.5");
      break;
    case Value::kPercent:
      good = ParseNumber(value, "%", check.limit) && check.limit <= 100;
      check.limit /= 100;
      if (!good) return BadCheck(text, "has no share such as 1%");
      break;
    case Value::kCount:
      good = ParseNumber(value, "", check.limit) && check.limit == std::floor(check.limit);
      if (!good) return BadCheck(text, "has no whole number such as orphans=0");
      break;
  }
  return check;
}

std::string Times(double times) {
  char text[32];
  std::snprintf(text, sizeof text, times < 10 ? "%.2f" : "%.0f", times);
  return std::string(text) + " times";
}

std::string Time(double nanos) { return support::FormatValue(static_cast<std::int64_t>(nanos), "nanoseconds"); }

class Judging {
 public:
  Judging(const Topology& topology, const Comparison* comparison) : topology_(topology), comparison_(comparison) {}

  void Add(const Check& check) {
    check_ = &check;
    switch (check.kind) {
      case Kind::kCycle:
      case Kind::kNewCycle:
        return Cycles(check.kind == Kind::kNewCycle);
      case Kind::kNewEdge:
        return NewEdges();
      case Kind::kSlower:
        return Slower();
      case Kind::kOrphans:
        return Orphans();
      case Kind::kSlowService:
        return SlowServices();
      case Kind::kP50:
      case Kind::kP99:
      case Kind::kErrorRate:
        return EveryEdge();
    }
  }
  void Measure() {
    const Reading& reading = topology_.reading;
    const auto share = [](std::int64_t part, std::int64_t whole) {
      return whole == 0 ? 0.0 : static_cast<double>(part) / static_cast<double>(whole);
    };
    const auto counted = [&](std::int64_t part, std::int64_t whole, const std::string& words) {
      if (share(part, whole) <= kMostLost) return;
      judgement_.not_measured.push_back(support::FormatCount(part) + " of " + support::FormatCount(whole) + words);
    };
    counted(reading.broken_lines, reading.lines, " lines are no JSON");
    counted(reading.distant_parents, reading.spans,
            " spans have a parent that was not found within half a window of " + support::FormatCount(reading.window) +
                " spans; make it larger with --window");
    for (const std::string& damage : reading.damaged_logs)
      judgement_.not_measured.push_back("a log is damaged, and the rest of it is missing: " + damage);
    if (comparison_ != nullptr) {
      for (const std::string& damage : comparison_->damaged_logs)
        judgement_.not_measured.push_back("a log of the base is damaged, and the rest of it is missing: " + damage);
    }
    if (reading.other_services > 0 || reading.dropped_edges > 0)
      judgement_.not_measured.push_back("there are more services or calls between them than can be told apart");
  }
  Judgement Take() { return std::move(judgement_); }

 private:
  void Find(const std::string& sentence) { judgement_.findings.push_back({check_->text, sentence}); }
  [[nodiscard]] std::string Name(const Edge& edge) const { return EdgeName(topology_, edge); }

  void Cycles(bool only_new) {
    for (std::size_t i = 0; i < topology_.cycles.size(); ++i) {
      const Cycle& cycle = topology_.cycles[i];
      if (only_new && !comparison_->is_new_cycle[i]) continue;
      Find(std::string(only_new ? "a new circle: " : "a circle: ") + CycleName(topology_, cycle) +
           (cycle.example_trace.empty() ? "" : ", as in trace " + cycle.example_trace));
    }
  }
  void NewEdges() {
    for (const EdgeChange& change : comparison_->edges) {
      if (change.base == nullptr)
        Find(std::string("a new ") + EdgeKindName(change.now->kind) + ": " + Name(*change.now) + ", " +
             support::Plural(change.now->count, "time"));
    }
  }
  void Slower() {
    for (const EdgeChange& change : comparison_->edges) {
      if (change.base == nullptr) continue;
      if (change.times == 0) {
        judgement_.not_judged.push_back(Name(*change.now) + ": too few calls to compare, " +
                                        support::FormatCount(change.now->latency.count) + " now and " +
                                        support::FormatCount(change.base->latency.count) + " in the base");
        continue;
      }
      if (change.times <= check_->limit) continue;
      const Latency& now = change.now->latency;
      const Latency& base = change.base->latency;
      Find(Name(*change.now) + " takes " + Times(change.times) +
           " as long as in the base: " + (change.by_median ? "median " : "p99 ") +
           Time(static_cast<double>(change.by_median ? now.p50_ns : now.p99_ns)) + ", was " +
           Time(static_cast<double>(change.by_median ? base.p50_ns : base.p99_ns)));
    }
  }
  void Orphans() {
    std::int64_t orphans = 0;
    std::string where;
    for (const Service& service : topology_.services) {
      orphans += service.orphans;
      if (service.orphans > 0) where += (where.empty() ? "" : ", ") + service.name;
    }
    if (static_cast<double>(orphans) > check_->limit)
      Find(support::FormatCount(orphans) + " spans whose parent is not in the logs, of " + where);
  }
  void SlowServices() {
    for (const Service& service : topology_.services) {
      if (IsSlow(service))
        Find(service.name + " takes " + Times(service.times_usual) +
             " as long as the median service: " + Time(static_cast<double>(service.self.p50_ns)) + " of its own");
    }
  }
  void EveryEdge() {
    for (const Edge& edge : topology_.edges) {
      if (check_->kind == Kind::kErrorRate) {
        if (static_cast<double>(edge.errors) > check_->limit * static_cast<double>(edge.count))
          Find(Name(edge) + ": " + support::FormatCount(edge.errors) + " of " + support::FormatCount(edge.count) +
               " failed");
        continue;
      }
      const bool median = check_->kind == Kind::kP50;
      const std::int64_t nanos = median ? edge.latency.p50_ns : edge.latency.p99_ns;
      if (edge.latency.count == 0) {
        judgement_.not_judged.push_back(Name(edge) + ": how long it takes is not in the logs");
      } else if (static_cast<double>(nanos) > check_->limit) {
        Find(Name(edge) + ": " + (median ? "median " : "p99 ") + Time(static_cast<double>(nanos)) + " is more than " +
             Time(check_->limit));
      }
    }
  }

  const Topology& topology_;
  const Comparison* comparison_;
  const Check* check_ = nullptr;
  Judgement judgement_;
};

}  // namespace

std::vector<std::string> CheckForms() {
  std::vector<std::string> forms;
  for (const Form& form : kForms) forms.emplace_back(form.example);
  return forms;
}

bool NeedsBase(const Check& check) {
  return check.kind == Kind::kNewCycle || check.kind == Kind::kNewEdge || check.kind == Kind::kSlower;
}

support::Result<Check> ParseCheck(std::string_view text) {
  const std::size_t equals = text.find('=');
  const std::string name(text.substr(0, equals));
  std::vector<std::string> names;
  for (const Form& form : kForms) {
    names.emplace_back(form.name);
    if (name != form.name) continue;
    if (equals != std::string_view::npos) return WithValue(form, text, text.substr(equals + 1));
    if (form.value == Value::kNone) return Check{form.kind, 0, std::string(text)};
    return BadCheck(text, std::string("has no value; write ") + form.example);
  }
  return BadCheck(text,
                  "is no check" + support::DidYouMean(name, names) + "; there are " + support::Join(CheckForms()));
}

Judgement Judge(const std::vector<Check>& checks, const Topology& topology, const Comparison* comparison) {
  Judging judging(topology, comparison);
  for (const Check& check : checks) judging.Add(check);
  if (!checks.empty()) judging.Measure();
  return judging.Take();
}

}  // namespace mqtrack::topology
