#include "libtrack/analysis/gate/gate_table.h"

#include <algorithm>
#include <map>
#include <utility>

#include "libtrack/analysis/gate/gate_layers.h"
#include "libtrack/analysis/site_grouping.h"
#include "libtrack/profile/sample_types.h"
#include "libtrack/support/base_name.h"

namespace mqtrack::analysis {
namespace {

using support::Error;
using support::ErrorCode;
using support::Result;
using support::Status;

using SiteName = std::pair<std::string, std::string>;  // function and base name of the file

SiteName NameOf(const Site& site) { return {site.function, std::string(support::BaseName(site.file))}; }

std::int64_t ValueOf(const BaselineSite& site, const std::string& type) {
  const auto value = site.values.find(type);
  return value == site.values.end() ? 0 : value->second;
}

bool IsSuppressed(const Suppressions& suppressions, const BaselineSite& site) {
  return std::any_of(suppressions.entries.begin(), suppressions.entries.end(), [&site](const Suppression& entry) {
    return entry.pattern.Matches(site.function) || entry.pattern.Matches(site.file);
  });
}

/// Totals again, after rows were added or taken out, and the biggest growth first again.
void Recount(SiteTable& table) {
  SumTotals(table);
  std::stable_sort(table.sites.begin(), table.sites.end(),
                   [](const Site& a, const Site& b) { return a.growth() > b.growth(); });
}

std::string ListTypes(const SiteBaseline& baseline) {
  std::string list;
  for (const auto& [type, unit] : baseline.sample_types) list += (list.empty() ? "" : ", ") + type;
  return list.empty() ? "none" : list;
}

/// The layers to pass over: those of a JSON baseline, whose sites have their names from it; else those of the profiles.
std::vector<AllocationLayer> LayersFor(const GateConfig& config, const GateInputs& inputs) {
  if (inputs.site_baseline != nullptr) return inputs.site_baseline->passed_over;
  std::vector<const profile::Profile*> profiles = {inputs.newer};
  if (inputs.base != nullptr) profiles.push_back(inputs.base);
  profiles.insert(profiles.end(), inputs.between.begin(), inputs.between.end());
  return GateLayers(config, profiles, *inputs.wrappers);
}

}  // namespace

GateTables::GateTables(const GateConfig& config, const GateInputs& inputs)
    : config_(config),
      inputs_(inputs),
      suppressions_(inputs.suppressions),
      wrappers_(*inputs.wrappers),
      ignored_(config.ignore.size()) {
  newer_ = WithoutSuppressed(*inputs.newer, suppressions_);
  if (inputs.kept != nullptr && !config.max_total.empty()) {
    kept_ = *inputs.kept;
    newer_for_totals_ = kept_->Without(newer_);
  }
  // The suppressions count what they take out of the whole, of which this is a part.
  if (Suppressions counted = suppressions_; inputs.lost != nullptr) lost_ = WithoutSuppressed(*inputs.lost, counted);
  if (inputs.base != nullptr) base_ = WithoutSuppressed(*inputs.base, suppressions_);
  Suppressions counted_already = suppressions_;
  for (const profile::Profile* profile : inputs.between)
    between_.push_back(WithoutSuppressed(*profile, counted_already));
  wrappers_.Add(LayersFor(config, inputs));
}

Result<SiteTable> GateTables::Make(const std::string& sample_type, Purpose purpose) const {
  Result<SiteTable> table =
      purpose == Purpose::kLost
          ? Lost(sample_type)
          : Compare(sample_type, purpose == Purpose::kTotal && newer_for_totals_ ? *newer_for_totals_ : newer_);
  if (!table) return std::move(table).error();
  DropIgnored(*table);
  if (purpose == Purpose::kGrowth && !between_.empty()) {
    std::vector<const profile::Profile*> series = {&*base_};
    for (const profile::Profile& profile : between_) series.push_back(&profile);
    series.push_back(&newer_);
    const SeriesAxis axis = config_.per.kind == PerUnit::Kind::kHour ? SeriesAxis::kTime : SeriesAxis::kOrder;
    const Status kept = KeepSteadySites(series, axis, wrappers_, *table, unsteady_[table->value_type.type]);
    if (!kept) return kept.error();
  }
  Recount(*table);
  return table;
}

Result<SiteTable> GateTables::Lost(const std::string& sample_type) const {
  if (!profile::IsSameType(sample_type, profile::kInuseSpace) &&
      !profile::IsSameType(sample_type, profile::kInuseObjects))
    return Error{ErrorCode::kBadInput, "only heap blocks can be lost", "limit of " + sample_type};
  if (lost_) return TopSites(*lost_, wrappers_, {sample_type, Granularity::kFunction, {}});
  return Error{ErrorCode::kCannotMeasure,
               "what is lost is seen in the memory of a process only: name one that runs, or what mqtrack leaks or "
               "mqtrack owners wrote with --format pprof",
               "new profile"};
}

Result<SiteTable> GateTables::Compare(const std::string& sample_type, const profile::Profile& newer) const {
  const SiteOptions options{sample_type, Granularity::kFunction, {}};
  if (base_) return DiffSites(*base_, newer, wrappers_, options);
  Result<SiteTable> table = TopSites(newer, wrappers_, options);
  if (!table) {
    Error error = std::move(table).error();
    if (error.where.empty()) error.where = "new profile";
    return error;
  }
  if (inputs_.site_baseline == nullptr) return table;
  if (Status added = AddBaseline(*table); !added) return added.error();
  return table;
}

Status GateTables::AddBaseline(SiteTable& table) const {
  const SiteBaseline& baseline = *inputs_.site_baseline;
  const std::string& type = table.value_type.type;
  if (!baseline.sample_types.contains(type)) {
    return Error{ErrorCode::kNotFound, "no sample type '" + type + "'; it has: " + ListTypes(baseline), "baseline"};
  }
  std::map<SiteName, Site> base;
  for (const BaselineSite& site : baseline.sites) {
    if (IsSuppressed(suppressions_, site)) continue;
    Site& row = base[{site.function, site.file}];
    row.function = site.function;
    row.file = site.file;
    row.base_value = Sum(row.base_value, ValueOf(site, type));
    row.base_objects = Sum(row.base_objects, table.has_objects ? ValueOf(site, profile::ObjectsSibling(type)) : 0);
  }
  table.is_diff = true;
  for (Site& site : table.sites) {
    const auto known = base.find(NameOf(site));
    if (known == base.end()) continue;
    site.base_value = known->second.base_value;
    site.base_objects = known->second.base_objects;
    base.erase(known);
  }
  for (auto& [name, site] : base) {
    if (site.base_value != 0) table.sites.push_back(std::move(site));
  }
  return {};
}

void GateTables::DropIgnored(SiteTable& table) const {
  std::erase_if(table.sites, [this](const Site& site) {
    for (std::size_t i = 0; i < config_.ignore.size(); ++i) {
      if (!config_.ignore[i].Matches(site.function) && !config_.ignore[i].Matches(site.file)) continue;
      ignored_[i].insert(site.function);
      return true;
    }
    return false;
  });
}

std::vector<GateExclusion> GateTables::Exclusions() const {
  std::vector<GateExclusion> exclusions;
  for (const Suppression& entry : suppressions_.entries) {
    exclusions.push_back({GateExclusion::Kind::kSuppression, entry.pattern.text(), entry.line, entry.stacks});
  }
  for (std::size_t i = 0; i < config_.ignore.size(); ++i) {
    exclusions.push_back({GateExclusion::Kind::kIgnore, config_.ignore[i].text(), 0, ignored_[i].size()});
  }
  if (!kept_) return exclusions;
  for (const KeptEntry& entry : kept_->entries()) {
    if (entry.objects == 0 && entry.bytes == 0) continue;
    exclusions.push_back({GateExclusion::Kind::kKept, entry.function.text(), 0,
                          static_cast<std::uint64_t>(entry.objects), entry.bytes, entry.why});
  }
  return exclusions;
}

}  // namespace mqtrack::analysis
