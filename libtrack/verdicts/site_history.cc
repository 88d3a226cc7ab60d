#include "libtrack/verdicts/site_history.h"

#include <algorithm>
#include <optional>
#include <tuple>

#include "libtrack/analysis/comparable.h"
#include "libtrack/analysis/culprit/stack_expander.h"
#include "libtrack/analysis/site_name.h"
#include "libtrack/log/kinds.h"
#include "libtrack/profile/sample_types.h"
#include "libtrack/support/base_name.h"

namespace mqtrack::verdicts {
namespace {

using profile::Profile;
using profile::Sample;

/// Where a sample type that tells growth, and what counts it, are in a profile.
struct Column {
  const log::SampleKind* kind = nullptr;
  std::size_t value = 0;
  std::optional<std::size_t> objects;
};

std::vector<Column> ColumnsOf(const Profile& profile) {
  std::vector<Column> columns;
  for (std::size_t i = 0; i < profile.sample_types.size(); ++i) {
    const log::SampleKind& kind = profile::SampleKindOf(profile.sample_types[i].type);
    const bool is_goroutine = profile.sample_types[i].type == profile::kGoroutine;
    if (!kind.tells_growth && !is_goroutine) continue;
    columns.push_back({&kind, i, profile::FindObjectsType(profile, i)});
  }
  return columns;
}

std::int64_t NumberOf(const Sample& sample, std::string_view key) {
  for (const profile::Label& label : sample.labels) {
    if (label.key == key) return label.num;
  }
  return 0;
}

std::string TextOf(const Sample& sample, std::string_view key) {
  for (const profile::Label& label : sample.labels) {
    if (label.key == key) return label.str;
  }
  return {};
}

using SiteKey = std::tuple<std::string, std::string, std::string>;  // sample type, function, base name of the file

/// Names the sites of one profile's samples, each stack once.
class SiteNames {
 public:
  SiteNames(const Profile& profile, const analysis::WrapperList& wrappers)
      : profile_(profile),
        of_memory_(profile, wrappers, profile::kInuseSpace),
        of_things_(profile, wrappers, profile::kThreads) {}

  const analysis::Site& Find(const Sample& sample, bool made_by_owner) {
    auto& known = made_by_owner ? things_ : memory_;
    const auto [entry, is_new] = known.try_emplace(sample.locations);
    if (is_new) {
      (made_by_owner ? of_things_ : of_memory_).Expand(sample.locations, frames_);
      analysis::NameSite(profile_, analysis::Granularity::kFunction, frames_, entry->second);
    }
    return entry->second;
  }

 private:
  const Profile& profile_;
  analysis::StackExpander of_memory_, of_things_;
  std::map<std::vector<profile::LocationId>, analysis::Site> memory_, things_;
  std::vector<analysis::Frame> frames_;
};

class Reader {
 public:
  Reader(const Series& series, const analysis::WrapperList& wrappers)
      : series_(series), wrappers_(wrappers), tells_cohorts_(series.TellsCohorts()) {}

  void ReadSnapshot(std::size_t snapshot) {
    const Profile& profile = *series_.profiles[snapshot];
    const bool is_last = snapshot + 1 == series_.profiles.size();
    ForEach(profile, [&](const Sample& sample, const Column& column, const analysis::Site& named, const Held& held) {
      SiteHistory& history = HistoryOf(profile, column, named);
      history.held[snapshot].Add(held);
      const std::size_t cohort = CohortOf(sample);
      if (tells_cohorts_) history.cohorts[snapshot][cohort].Add(held);
      if (!is_last) return;
      NameByHeaviest(history, named, held.value);
      if (!tells_cohorts_ || cohort == 0) return;
      const std::string packet = TextOf(sample, "mqtt_packet");
      const std::int64_t count = column.objects ? held.objects : held.value;
      history.causes[packet] += count;
      if (packet == "PUBLISH") history.topics[TextOf(sample, "mqtt_topic")] += count;
    });
  }

  void ReadOwners(const Profile& profile) {
    ForEach(profile, [&](const Sample& sample, const Column& column, const analysis::Site& named, const Held& held) {
      if (tells_cohorts_ && CohortOf(sample) == 0) return;
      OwnerName owner{TextOf(sample, kOwnerKindLabel), TextOf(sample, kOwnerLabel)};
      if (std::string user = TextOf(sample, kUsedByLabel); !user.empty()) owner = {"client", std::move(user)};
      HistoryOf(profile, column, named).owners[owner].Add(held);
    });
  }

  void ReadLost(const Profile& profile) {
    ForEach(profile, [&](const Sample& /*sample*/, const Column& column, const analysis::Site& named,
                         const Held& held) { HistoryOf(profile, column, named).lost.Add(held); });
  }

  std::vector<SiteHistory> Take() {
    std::vector<SiteHistory> all;
    for (auto& [key, history] : histories_) {
      history.site.base_value = history.held.front().value;
      history.site.base_objects = history.held.front().objects;
      history.site.value = history.held.back().value;
      history.site.objects = history.held.back().objects;
      all.push_back(std::move(history));
    }
    return all;
  }

 private:
  template <typename Body>
  void ForEach(const Profile& profile, const Body& body) const {
    const std::vector<Column> columns = ColumnsOf(profile);
    SiteNames names(profile, wrappers_);
    for (const Sample& sample : profile.samples) {
      for (const Column& column : columns) {
        const Held held{sample.values[column.value], column.objects ? sample.values[*column.objects] : 0};
        if (held.value == 0 && held.objects == 0) continue;
        body(sample, column, names.Find(sample, column.kind->made_by_owner), held);
      }
    }
  }

  SiteHistory& HistoryOf(const Profile& profile, const Column& column, const analysis::Site& named) {
    const profile::ValueType& type = profile.sample_types[column.value];
    const SiteKey key{type.type, named.function, std::string(support::BaseName(named.file))};
    const auto [entry, is_new] = histories_.try_emplace(key);
    SiteHistory& history = entry->second;
    if (is_new) {
      const std::size_t snapshots = series_.profiles.size();
      history.site = named;
      history.type = type;
      history.has_objects = column.objects.has_value();
      history.held.resize(snapshots);
      if (tells_cohorts_) history.cohorts.assign(snapshots, std::vector<Held>(snapshots));
    }
    return history;
  }

  /// The line of a site is that of its heaviest stack.
  void NameByHeaviest(SiteHistory& history, const analysis::Site& named, std::int64_t value) {
    std::int64_t& heaviest = heaviest_[&history];
    if (value <= heaviest) return;
    heaviest = value;
    history.site = named;
  }

  [[nodiscard]] std::size_t CohortOf(const Sample& sample) const {
    const std::int64_t generation = NumberOf(sample, "generation");
    std::size_t cohort = 0;
    while (cohort + 1 < series_.sides.size() && series_.sides[cohort].generation < generation) ++cohort;
    return cohort;
  }

  const Series& series_;
  const analysis::WrapperList& wrappers_;
  bool tells_cohorts_;
  std::map<SiteKey, SiteHistory> histories_;
  std::map<const SiteHistory*, std::int64_t> heaviest_;
};

}  // namespace

void Held::Add(const Held& other) {
  value = analysis::Sum(value, other.value);
  objects = analysis::Sum(objects, other.objects);
}

bool Series::TellsCohorts() const {
  for (std::size_t i = 1; i < sides.size(); ++i) {
    if (!analysis::AreOfOneRecording(sides[i - 1], sides[i]) || sides[i - 1].generation < 0 ||
        sides[i].generation <= sides[i - 1].generation)
      return false;
  }
  return true;
}

std::vector<std::int64_t> SiteHistory::Left() const {
  std::vector<std::int64_t> left;
  for (std::size_t i = 1; i < held.size(); ++i) {
    left.push_back(cohorts.empty() ? Count(held[i]) - Count(held[i - 1]) : Count(cohorts.back()[i]));
  }
  return left;
}

std::vector<SiteHistory> ReadHistories(const Series& series, const analysis::WrapperList& wrappers) {
  Reader reader(series, wrappers);
  for (std::size_t i = 0; i < series.profiles.size(); ++i) reader.ReadSnapshot(i);
  if (series.owned != nullptr) reader.ReadOwners(*series.owned);
  if (series.lost != nullptr) reader.ReadLost(*series.lost);
  return reader.Take();
}

}  // namespace mqtrack::verdicts
