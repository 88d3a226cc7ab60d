#include "cli/serving/moments.h"

#include <utility>
#include <vector>

#include "libtrack/analysis/comparable.h"
#include "libtrack/analysis/culprit/allocation_layers.h"
#include "libtrack/analysis/side.h"
#include "libtrack/profile/same_names.h"
#include "libtrack/support/units.h"
#include "reports/text/json_table.h"

namespace mqtrack::cli {
namespace {

using http::Request;
using support::Error;
using support::ErrorCode;
using support::Result;

constexpr std::size_t kRows = 100;

/// What a parameter says: a time of the history; 0: now.
Result<history::UnixMillis> ParseMoment(const std::string& text) {
  if (text.empty() || text == "now") return history::UnixMillis{0};
  const Result<std::int64_t> millis = support::ParseCount(text);
  if (millis && *millis > 0 && *millis <= history::kLatestMoment) return *millis;
  return Error{ErrorCode::kBadInput, "is no time of a snapshot", text.substr(0, 40)};
}

Result<profile::Profile> LoadMoment(history::UnixMillis time, const Subject& subject, const service::Shown& shown) {
  if (time == 0) {
    if (!subject.target) return Error{ErrorCode::kNotFound, "the process is gone, and its log too", subject.name};
    const Result<service::SharedProfile> now = shown.desk.Heap(*subject.target, shown.desk.Recent());
    if (!now) return now.error();
    return profile::Profile(**now);
  }
  if (shown.history == nullptr) return Error{ErrorCode::kNotFound, "no history is kept", subject.name};
  return shown.history->Load(subject.series, time);
}

std::string MomentName(history::UnixMillis time) { return time == 0 ? "now" : support::FormatUtc(time * 1'000'000); }

}  // namespace

Result<Moments> LoadMoments(const Request& request, const Subject& subject, const service::Shown& shown) {
  Moments moments;
  const std::string base = request.Query("base").value_or("");
  const Result<history::UnixMillis> at = ParseMoment(request.Query("at").value_or("")), from = ParseMoment(base);
  if (!at) return at.error();
  if (!from) return from.error();
  moments.type = request.Query("by").value_or("");
  moments.new_name = MomentName(*at);
  Result<profile::Profile> newer = LoadMoment(*at, subject, shown);
  if (!newer) return newer.error();
  moments.newer = *std::move(newer);
  Result<analysis::WrapperList> wrappers = analysis::WrapperList::Load();
  if (!wrappers) return wrappers.error();
  moments.wrappers = *std::move(wrappers);
  std::vector<const profile::Profile*> both = {&moments.newer};
  if (!base.empty()) {
    Result<profile::Profile> older = LoadMoment(*from, subject, shown);
    if (!older) return older.error();
    moments.base = *std::move(older);
    moments.base_name = MomentName(*from);
    const std::string why =
        analysis::WhyNotComparable(analysis::DescribeSide(*moments.base), analysis::DescribeSide(moments.newer));
    if (!why.empty()) return Error{ErrorCode::kBadInput, why, subject.name};
    profile::UnifyNames(*moments.base, moments.newer);
    both.push_back(&*moments.base);
  }
  moments.wrappers.Add(analysis::FindAllocationLayers(both, moments.wrappers));
  return moments;
}

Result<std::string> SitesOf(const Moments& moments, analysis::SiteOptions options) {
  options.sample_type = moments.type;
  const auto table = moments.base ? analysis::DiffSites(*moments.base, moments.newer, moments.wrappers, options)
                                  : analysis::TopSites(moments.newer, moments.wrappers, options);
  if (!table) return table.error();
  reports::TableOptions rendering;
  rendering.rows = kRows;
  rendering.new_name = moments.new_name;
  rendering.base_name = moments.base_name;
  return reports::RenderJson(*table, rendering);
}

}  // namespace mqtrack::cli
