#include "libtrack/analysis/gate/gate_series.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <utility>

#include "libtrack/analysis/comparable.h"
#include "libtrack/analysis/gate/steady_growth.h"
#include "libtrack/profile/same_names.h"
#include "libtrack/support/base_name.h"

namespace mqtrack::analysis {
namespace {

using support::Result;
using support::Status;

using SiteName = std::pair<std::string, std::string>;  // function and base name of the file
struct Held {
  std::int64_t value = 0, objects = 0;
};
using HeldBySite = std::map<SiteName, Held>;
using Series = std::vector<const profile::Profile*>;

SiteName NameOf(const Site& site) { return {site.function, std::string(support::BaseName(site.file))}; }

Result<HeldBySite> HeldIn(const profile::Profile& profile, const WrapperList& wrappers, const std::string& type) {
  const Result<SiteTable> table = TopSites(profile, wrappers, {type, Granularity::kFunction, {}});
  if (!table) return table.error();
  HeldBySite held;
  for (const Site& site : table->sites) held[NameOf(site)] = {site.value, site.objects};
  return held;
}

Held Find(const HeldBySite& held, const SiteName& name) {
  const auto entry = held.find(name);
  return entry == held.end() ? Held{} : entry->second;
}

/// The samples that were born after generation `after` and not after `until`.
profile::Profile BornIn(const profile::Profile& profile, std::int64_t after, std::int64_t until) {
  profile::Profile born = profile;
  std::erase_if(born.samples, [&](const profile::Sample& sample) {
    return std::none_of(sample.labels.begin(), sample.labels.end(), [&](const profile::Label& label) {
      return label.key == "generation" && label.num > after && label.num <= until;
    });
  });
  return born;
}

/// Per stretch, what the last snapshot holds of it. Nothing where the snapshots do not tell their generations, or do
/// not begin new ones.
Result<std::vector<HeldBySite>> LeftOfStretches(const Series& series, const WrapperList& wrappers,
                                                const std::string& type) {
  const std::vector<std::size_t> bounds = StretchBounds(series.size());
  std::vector<HeldBySite> left;
  for (std::size_t i = 1; i < bounds.size(); ++i) {
    const Side from = DescribeSide(*series[bounds[i - 1]]), to = DescribeSide(*series[bounds[i]]);
    if (!AreOfOneRecording(from, to) || from.generation < 0 || to.generation <= from.generation)
      return std::vector<HeldBySite>();
    Result<HeldBySite> held = HeldIn(BornIn(*series.back(), from.generation, to.generation), wrappers, type);
    if (!held) return std::move(held).error();
    left.push_back(*std::move(held));
  }
  return left;
}

std::vector<double> Positions(const Series& series, SeriesAxis axis) {
  std::vector<double> positions;
  for (const profile::Profile* profile : series) {
    const auto order = static_cast<double>(positions.size());
    positions.push_back(axis == SeriesAxis::kTime ? static_cast<double>(profile->time_nanos) : order);
  }
  return positions;
}

}  // namespace

void UnifySeriesNames(std::vector<profile::Profile>& series) {
  // Twice: what the first learns from the last is for those between, too.
  for (int round = 0; round < 2; ++round) {
    for (std::size_t i = 1; i < series.size(); ++i) profile::UnifyNames(series.front(), series[i]);
  }
}

std::vector<std::size_t> PrepareSeries(std::vector<profile::Profile>& series) {
  std::vector<Side> sides;
  std::vector<std::size_t> order;
  for (const profile::Profile& profile : series) {
    order.push_back(sides.size());
    sides.push_back(DescribeSide(profile));
  }
  const bool is_one = std::all_of(sides.begin(), sides.end(), [&](const Side& side) {
    return AreOfOneRecording(sides.front(), side) && side.generation >= 0;
  });
  const auto when = [&](std::size_t i) {
    // Of a process that was killed there is no time, but nothing comes after it.
    const std::int64_t time = sides[i].time_nanos == 0 ? INT64_MAX : sides[i].time_nanos;
    return std::pair(is_one ? sides[i].generation : 0, time);
  };
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return when(a) < when(b); });
  for (std::size_t i = order.size(); i-- > 1;) {
    if (NothingHappenedBetween(series[order[i - 1]], series[order[i]]))
      order.erase(order.begin() + static_cast<std::ptrdiff_t>(i) - 1);
  }
  std::vector<profile::Profile> kept;
  for (const std::size_t i : order) kept.push_back(std::move(series[i]));
  series = std::move(kept);
  UnifySeriesNames(series);
  return order;
}

std::string WhyNoSeries(const Series& series) {
  if (series.size() < 3) {
    return "a series needs three snapshots between which something was recorded, and there " +
           std::string(series.size() == 1 ? "is one" : "are two") +
           ": take each after a round of the work that is to be judged";
  }
  const Side first = DescribeSide(*series.front());
  for (const profile::Profile* profile : series) {
    const Side side = DescribeSide(*profile);
    if (!MayBeOfOneProcess(first, side) || first.program != side.program)
      return "a series is of one process, and these snapshots are of several";
    if (std::string why = WhyNotComparable(first, side); !why.empty()) return why;
  }
  return {};
}

Status KeepSteadySites(const Series& series, SeriesAxis axis, const WrapperList& wrappers, SiteTable& table,
                       std::vector<UnsteadySite>& unsteady) {
  std::vector<HeldBySite> between;
  for (std::size_t i = 1; i + 1 < series.size(); ++i) {
    Result<HeldBySite> held = HeldIn(*series[i], wrappers, table.value_type.type);
    if (!held) return std::move(held).error();
    between.push_back(*std::move(held));
  }
  const Result<std::vector<HeldBySite>> left = LeftOfStretches(series, wrappers, table.value_type.type);
  if (!left) return left.error();
  const std::vector<double> positions = Positions(series, axis);
  std::erase_if(table.sites, [&](Site& site) {
    SiteHistory history;
    history.values.push_back(site.base_value);
    history.objects.push_back(site.base_objects);
    for (const HeldBySite& held : between) {
      const Held then = Find(held, NameOf(site));
      history.values.push_back(then.value);
      history.objects.push_back(then.objects);
    }
    history.values.push_back(site.value);
    history.objects.push_back(site.objects);
    if (!table.has_objects) history.objects.clear();
    for (const HeldBySite& held : *left) history.left_something.push_back(Find(held, NameOf(site)).value > 0);
    if (GrowsSteadily(history)) {
      site.steady_growth = MedianGrowth(history.values, positions);
      return false;
    }
    if (site.growth() > 0) unsteady.push_back({site.function, site.growth()});
    return true;
  });
  std::stable_sort(unsteady.begin(), unsteady.end(),
                   [](const UnsteadySite& a, const UnsteadySite& b) { return a.growth > b.growth; });
  return {};
}

std::optional<std::int64_t> SteadyByGenerations(const profile::Profile& base, const profile::Profile& newer,
                                                const WrapperList& wrappers, const SiteTable& table) {
  const std::int64_t first = table.base.generation, last = table.newer.generation;
  constexpr std::int64_t kFewest = 3;
  if (!AreOfOneRecording(DescribeSide(base), DescribeSide(newer)) || first < 0 || last - first < kFewest)
    return std::nullopt;
  std::vector<HeldBySite> left;
  for (std::int64_t stretch = 0; stretch < kFewest; ++stretch) {
    const auto bound = [&](std::int64_t i) { return first + (last - first) * i / kFewest; };
    Result<HeldBySite> held =
        HeldIn(BornIn(newer, bound(stretch), bound(stretch + 1)), wrappers, table.value_type.type);
    if (!held) return std::nullopt;
    left.push_back(*std::move(held));
  }
  std::int64_t growth = 0;
  for (const Site& site : table.sites) {
    const bool grew = site.growth() > 0 && (!table.has_objects || site.object_growth() > 0);
    const bool is_steady = grew && std::all_of(left.begin(), left.end(), [&](const HeldBySite& held) {
                             return Find(held, NameOf(site)).value > 0;
                           });
    if (is_steady) growth = Sum(growth, site.growth());
  }
  return growth;
}

}  // namespace mqtrack::analysis
