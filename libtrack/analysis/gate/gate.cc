// One pass: refuse what cannot be measured, leave out what is suppressed, then hold every limit against the table of
// its sample type. Tables are made once per type, however many limits it has.
#include "libtrack/analysis/gate/gate.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "libtrack/analysis/culprit/frame_name.h"
#include "libtrack/analysis/gate/gate_refusal.h"
#include "libtrack/analysis/gate/gate_table.h"
#include "libtrack/analysis/printable.h"
#include "libtrack/profile/fact.h"
#include "libtrack/profile/sample_types.h"
#include "libtrack/support/units.h"

namespace mqtrack::analysis {
namespace {

using support::Error;
using support::ErrorCode;
using support::Result;
using support::Status;

constexpr std::size_t kContributors = 5;  // sites named under a total that is too high

/// Limits with the empty sample type replaced by the one it stands for; a limit that names the type wins.
LimitsByType Resolve(const LimitsByType& limits, const std::string& default_type) {
  LimitsByType resolved = limits;
  const auto unnamed = resolved.extract("");
  if (!unnamed.empty()) resolved.emplace(default_type, unnamed.mapped());
  return resolved;
}

Status CheckUnit(const Limit& limit, const profile::ValueType& type) {
  if (!limit.is_size || type.unit == "bytes") return {};
  return Error{ErrorCode::kBadInput,
               "the limit " + limit.text + " is a size, but " + type.type + " is a " +
                   (type.unit.empty() ? "number" : type.unit) + "; write a plain number, or name another sample type",
               "limit of " + type.type};
}

GateSite DescribeSite(const SiteTable& table, const Site& site, const Limit& limit) {
  GateSite described{site.function, site.file,         site.module,  site.caller, site.line, site.base_value,
                     site.value,    site.base_objects, site.objects, limit,       {},        {},
                     site.unjoined, site.steady_growth};
  for (const Frame& frame : site.stack) {
    GateFrame words{FrameName(table.profile, frame),
                    {},
                    ModuleName(table.profile, frame.location),
                    frame.line,
                    frame.inlined,
                    frame.wrapper};
    if (frame.function != nullptr) words.file = frame.function->filename;
    described.stack.push_back(std::move(words));
  }
  return described;
}

/// The sites that matter most for a total that is too high: those that grew most, or that hold most.
std::vector<GateSite> Contributors(const SiteTable& table, GateCheck::Kind kind, const Limit& limit) {
  std::vector<const Site*> order;
  const bool is_growth = kind == GateCheck::Kind::kGrowth;
  const auto weight = [is_growth](const Site& site) { return is_growth ? site.growth() : site.value; };
  for (const Site& site : table.sites) {
    if (weight(site) > 0) order.push_back(&site);
  }
  std::stable_sort(order.begin(), order.end(), [&](const Site* a, const Site* b) { return weight(*a) > weight(*b); });
  order.resize(std::min(order.size(), kContributors));
  std::vector<GateSite> contributors;
  for (const Site* site : order) contributors.push_back(DescribeSite(table, *site, limit));
  return contributors;
}

GateCheck NewCheck(GateCheck::Kind kind, const SiteTable& table, const Limit& limit) {
  GateCheck check;
  check.kind = kind;
  check.value_type = table.value_type;
  check.has_objects = table.has_objects;
  check.limit = limit;
  check.base_value = table.base_total;
  check.value = table.total;
  check.base_objects = table.base_objects_total;
  check.objects = table.objects_total;
  for (const Site& site : table.sites) {
    if (site.steady_growth) check.steady_growth = Sum(check.steady_growth.value_or(0), *site.steady_growth);
  }
  return check;
}

Result<GateCheck> CheckTotal(GateCheck::Kind kind, const SiteTable& table, const Limit& limit, const GrowthUnit& per) {
  if (Status unit = CheckUnit(limit, table.value_type); !unit) return unit.error();
  GateCheck check = NewCheck(kind, table, limit);
  if (check.is_growth()) check.unit = per;
  check.passed = check.is_growth() ? !per.Exceeds(check.judged_growth(), limit.value) : check.value <= limit.value;
  if (!check.passed) check.sites = Contributors(table, kind, limit);
  return check;
}

/// An override for one sample type, its default type resolved.
struct SiteLimit {
  const SiteOverride* rule = nullptr;
  Limit limit;
};

/// `general` null: only the sites that an override names have a limit.
Result<GateCheck> CheckSites(const SiteTable& table, const Limit* general, const std::vector<SiteLimit>& overrides,
                             const GateConfig& config, const GrowthUnit& per) {
  GateCheck check = NewCheck(GateCheck::Kind::kSiteGrowth, table, general == nullptr ? Limit{} : *general);
  check.unit = per;
  if (general != nullptr) {
    if (Status unit = CheckUnit(*general, table.value_type); !unit) return unit.error();
  }
  for (const SiteLimit& entry : overrides) {
    if (Status unit = CheckUnit(entry.limit, table.value_type); !unit) return unit.error();
  }
  for (const Site& site : table.sites) {
    const auto entry = std::find_if(overrides.begin(), overrides.end(), [&site](const SiteLimit& candidate) {
      return candidate.rule->pattern.Matches(site.function) || candidate.rule->pattern.Matches(site.file);
    });
    const Limit* limit = entry != overrides.end() ? &entry->limit : general;
    if (limit == nullptr || !per.Exceeds(site.steady_growth.value_or(site.growth()), limit->value)) continue;
    if (table.has_objects && site.object_growth() < config.min_objects) continue;
    check.sites.push_back(DescribeSite(table, site, *limit));
    if (entry != overrides.end()) check.sites.back().reason = entry->rule->reason;
  }
  check.passed = check.sites.empty();
  return check;
}

/// One run of the gate: what its steps share.
class GateRun {
 public:
  GateRun(const GateConfig& config, const GateTables& tables, const GrowthUnit& per, GateResult& result)
      : config_(config), tables_(tables), per_(per), result_(result) {}

  Status CheckAll(const std::string& default_type) {
    if (Status done = CheckTotals(GateCheck::Kind::kGrowth, Resolve(config_.max_growth, default_type)); !done)
      return done;
    if (Status done = CheckAllSites(default_type); !done) return done;
    if (Status done = CheckTotals(GateCheck::Kind::kTotal, Resolve(config_.max_total, default_type)); !done)
      return done;
    // Only heap blocks can be lost, whatever the profile opens on.
    return CheckTotals(GateCheck::Kind::kLost, Resolve(config_.max_lost, std::string(profile::kInuseSpace)));
  }

  /// The layers that were passed over in any of the tables.
  [[nodiscard]] std::vector<AllocationLayer> PassedOver() const {
    std::map<std::string, AllocationLayer> layers;
    for (const auto& [type, table] : made_) {
      if (!table) continue;
      for (const AllocationLayer& layer : table->passed_over) layers.emplace(layer.function, layer);
    }
    std::vector<AllocationLayer> sorted;
    for (auto& [function, layer] : layers) sorted.push_back(std::move(layer));
    return sorted;
  }

 private:
  /// The table of a type, or null, with the reason noted, if the type is missing.
  const SiteTable* Table(const std::string& type, GateTables::Purpose purpose) {
    auto [entry, is_new] = made_.try_emplace({type, purpose});
    if (is_new) {
      Result<SiteTable> table = tables_.Make(type, purpose);
      if (table) {
        entry->second = *std::move(table);
      } else {
        const std::string reason = table.error().ToString();
        if (std::find(result_.reasons.begin(), result_.reasons.end(), reason) == result_.reasons.end())
          result_.reasons.push_back(reason);
      }
    }
    return entry->second ? &*entry->second : nullptr;
  }

  Status CheckTotals(GateCheck::Kind kind, const LimitsByType& limits) {
    const GateTables::Purpose purpose = kind == GateCheck::Kind::kTotal  ? GateTables::Purpose::kTotal
                                        : kind == GateCheck::Kind::kLost ? GateTables::Purpose::kLost
                                                                         : GateTables::Purpose::kGrowth;
    for (const auto& [type, limit] : limits) {
      const SiteTable* table = Table(type, purpose);
      if (table == nullptr) continue;
      Result<GateCheck> check = CheckTotal(kind, *table, limit, per_);
      if (!check) return std::move(check).error();
      result_.checks.push_back(*std::move(check));
    }
    return {};
  }

  Status CheckAllSites(const std::string& default_type) {
    const LimitsByType general = Resolve(config_.max_site_growth, default_type);
    std::map<std::string, std::vector<SiteLimit>> overrides;
    for (const auto& [type, limit] : general) overrides[type];
    for (const SiteOverride& rule : config_.sites) {
      for (const auto& [type, limit] : Resolve(rule.max_growth, default_type))
        overrides[type].push_back({&rule, limit});
    }
    for (const auto& [type, rules] : overrides) {
      const SiteTable* table = Table(type, GateTables::Purpose::kGrowth);
      if (table == nullptr) continue;
      const auto limit = general.find(type);
      Result<GateCheck> check =
          CheckSites(*table, limit == general.end() ? nullptr : &limit->second, rules, config_, per_);
      if (!check) return std::move(check).error();
      result_.checks.push_back(*std::move(check));
    }
    return {};
  }

  const GateConfig& config_;
  const GateTables& tables_;
  const GrowthUnit& per_;
  GateResult& result_;
  std::map<std::pair<std::string, GateTables::Purpose>, std::optional<SiteTable>> made_;
};

Status CheckConfig(const GateConfig& config, bool has_base) {
  if (!config.has_limit()) {
    return Error{ErrorCode::kBadInput,
                 "no limit to hold the profile against; give --max-growth, --max-site-growth, --max-total, --max-lost, "
                 "--fail-on or --config FILE",
                 "gate"};
  }
  if (config.has_growth_limit() && !has_base) {
    return Error{
        ErrorCode::kBadInput,
        "a limit on growth needs something to compare with; give --base OLD or --baseline FILE, or limit what is "
        "held in all with --max-total",
        "gate"};
  }
  return {};
}

/// What of a series grew and is not judged, so that nobody takes silence for nothing.
void WarnOfUnsteady(const GateTables& tables, GateResult& result) {
  constexpr std::size_t kNamed = 3;
  for (const GateCheck& check : result.checks) {
    const std::string& type = check.value_type.type;
    const auto found = tables.unsteady().find(type);
    if (!check.is_growth() || found == tables.unsteady().end() || found->second.empty()) continue;
    const std::vector<UnsteadySite>& sites = found->second;
    std::string names;
    for (std::size_t i = 0; i < sites.size() && i < kNamed; ++i) {
      names += (i == 0 ? "" : ", ") + Printable(sites[i].function) + " " +
               support::FormatSignedValue(sites[i].growth, check.value_type.unit);
    }
    if (sites.size() > kNamed) names += " and " + std::to_string(sites.size() - kNamed) + " more";
    const std::string text =
        "not judged, since it did not grow all the time, is growth of " + Printable(type) + " in " + names;
    if (std::find(result.warnings.begin(), result.warnings.end(), text) == result.warnings.end())
      result.warnings.push_back(text);
  }
}

/// Of a series, what keeps it from being one.
void RefuseNoSeries(const GateInputs& inputs, GateResult& result) {
  if (!inputs.is_series) return;
  std::vector<const profile::Profile*> series = {inputs.base};
  series.insert(series.end(), inputs.between.begin(), inputs.between.end());
  if (inputs.newer != inputs.base) series.push_back(inputs.newer);
  result.snapshots = static_cast<std::int64_t>(series.size());
  if (std::string why = WhyNoSeries(series); !why.empty()) result.reasons.push_back(std::move(why));
}

Verdict Decide(const GateResult& result) {
  if (!result.reasons.empty()) return Verdict::kCannotMeasure;
  const bool passed =
      std::all_of(result.checks.begin(), result.checks.end(), [](const GateCheck& check) { return check.passed; });
  return passed ? Verdict::kPass : Verdict::kFail;
}

/// False if the values of a type overflow where they are added up: the sum says nothing then, and could be small.
bool AddsUp(const profile::Profile& profile, const std::string& type) {
  const Result<std::size_t> index = profile::FindSampleType(profile, type);
  std::int64_t sum = 0;
  return !index || std::none_of(profile.samples.begin(), profile.samples.end(), [&](const profile::Sample& sample) {
    return __builtin_add_overflow(sum, sample.values[*index], &sum);
  });
}

/// The types that were checked and cannot be added up.
void RefuseOverflow(const GateInputs& inputs, GateResult& result) {
  std::set<std::string> types;
  for (const GateCheck& check : result.checks) types.insert(check.value_type.type);
  for (const std::string& type : types) {
    if (AddsUp(*inputs.newer, type) && (inputs.base == nullptr || AddsUp(*inputs.base, type))) continue;
    result.reasons.push_back("the values of " + Printable(type) +
                             " are too large to be added up: the profile is damaged");
  }
}

/// What limits without a type mean. A missing type is not noticed here but where its table is made.
std::string DefaultType(const GateConfig& config, const profile::Profile& newer) {
  if (!config.sample_type.empty()) return config.sample_type;
  // Of a recording without the heap, another type would be judged by a limit that was meant for the heap.
  if (profile::FindFact(newer, "process")) return std::string(profile::kInuseSpace);
  const Result<std::size_t> index = profile::FindSampleType(newer, "");
  return index ? newer.sample_types[*index].type : std::string(profile::kInuseSpace);
}

}  // namespace

std::int64_t GateSite::growth() const { return Difference(value, base_value); }
std::int64_t GateSite::object_growth() const { return Difference(objects, base_objects); }
std::int64_t GateCheck::growth() const { return Difference(value, base_value); }
std::int64_t GateCheck::object_growth() const { return Difference(objects, base_objects); }

Result<GateResult> RunGate(const GateConfig& config, const GateInputs& inputs) {
  GateResult result;
  result.has_base = inputs.base != nullptr || inputs.site_baseline != nullptr;
  if (Status checked = CheckConfig(config, result.has_base); !checked) return checked.error();
  result.newer = DescribeSide(*inputs.newer);
  if (inputs.base != nullptr) result.base = DescribeSide(*inputs.base);
  if (inputs.site_baseline != nullptr) result.base = DescribeSide(*inputs.site_baseline);

  GateTables tables(config, inputs);
  const std::int64_t generations = inputs.is_series ? static_cast<std::int64_t>(inputs.between.size()) + 1 : -1;
  Result<GrowthUnit> per = MeasureUnit(config.per, result.base, result.newer, generations);
  if (!per && config.has_growth_limit()) result.reasons.push_back(per.error().text);
  const GrowthUnit unit = per ? *per : GrowthUnit{};
  GateRun run(config, tables, unit, result);
  if (Status checked = run.CheckAll(DefaultType(config, *inputs.newer)); !checked) return checked.error();
  const std::vector<std::string> reasons =
      ReasonsNotToMeasure(*inputs.newer, inputs.base, result, config.allow_unrecorded);  // of what was checked
  result.reasons.insert(result.reasons.begin(), reasons.begin(), reasons.end());
  const std::vector<std::string> warnings = Warnings(result, config.allow_unrecorded);
  result.warnings.insert(result.warnings.begin(), warnings.begin(), warnings.end());
  RefuseOverflow(inputs, result);
  RefuseNoSeries(inputs, result);
  WarnOfUnsteady(tables, result);
  for (const GateCheck& check : result.checks) {
    if (!check.steady_growth || check.value_type.type != profile::kInuseSpace || !result.reasons.empty()) continue;
    result.forecast = MakeForecast(*check.steady_growth, result.base, result.newer);
  }
  result.exclusions = tables.Exclusions();
  result.passed_over = run.PassedOver();
  result.suppressions_file = inputs.suppressions.where;
  result.verdict = Decide(result);
  return result;
}

}  // namespace mqtrack::analysis
