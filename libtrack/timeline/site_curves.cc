#include "libtrack/timeline/site_curves.h"

#include <algorithm>
#include <utility>

namespace mqtrack::timeline {
namespace {

using support::Error;
using support::ErrorCode;
using support::Status;

}  // namespace

Status SiteCurves::Add(const analysis::SiteTable& table, std::int64_t time_ns, const std::string& where) {
  if (time_ns <= 0) return Error{ErrorCode::kBadInput, "does not say when it was taken", where};
  if (moments_.contains(time_ns))
    return Error{ErrorCode::kBadInput, "was taken at the same time as another one of these: is it given twice?", where};
  if (!moments_.empty() && table.value_type.type != type_.type) {
    return Error{ErrorCode::kBadInput,
                 "has the values \"" + table.value_type.type + "\", and those before \"" + type_.type +
                     "\": say with --by which all have",
                 where};
  }
  type_ = table.value_type;
  name_ = table.newer.target.empty() ? where : table.newer.target;
  Moment& moment = moments_[time_ns];
  moment.total = table.total;
  for (const analysis::Site& site : table.sites) {
    std::int64_t& value = moment.sites[site.label.empty() ? site.function : site.label];
    value = analysis::Sum(value, site.value);
  }
  return {};
}

std::vector<std::string> SiteCurves::Largest(std::size_t most) const {
  std::map<std::string, std::int64_t> largest;
  for (const auto& [time, moment] : moments_) {
    for (const auto& [name, value] : moment.sites) {
      std::int64_t& known = largest.try_emplace(name, value).first->second;
      known = std::max(known, value);
    }
  }
  std::vector<std::pair<std::string, std::int64_t>> order(largest.begin(), largest.end());
  std::stable_sort(order.begin(), order.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  if (order.size() > most) order.resize(most);
  std::vector<std::string> names;
  for (auto& [name, value] : order) names.push_back(std::move(name));
  return names;
}

void SiteCurves::Tell(TimelineSink& sink, std::size_t most_sites) const {
  const bool is_bytes = type_.unit == "bytes";
  std::uint64_t tracks = 0;
  const auto add = [&](std::string name, TrackId parent, Track::Kind kind) {
    const auto id = static_cast<TrackId>(++tracks);
    sink.Add(Track{.id = id, .parent = parent, .kind = kind, .name = std::move(name), .is_bytes = is_bytes});
    return id;
  };
  const TrackId process = add(name_, TrackId::kNone, Track::Kind::kLane);
  const TrackId all = add("all " + type_.type, process, Track::Kind::kCounter);
  for (const auto& [time, moment] : moments_) sink.Add(Value{all, time, moment.total});
  for (const std::string& name : Largest(most_sites)) {
    const TrackId track = add(name, process, Track::Kind::kCounter);
    for (const auto& [time, moment] : moments_) {
      const auto found = moment.sites.find(name);
      sink.Add(Value{track, time, found != moment.sites.end() ? found->second : 0});
    }
  }
}

}  // namespace mqtrack::timeline
