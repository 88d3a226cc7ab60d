#include "libtrack/hunt/named_growth.h"

#include <algorithm>

#include "libtrack/hunt/site_names.h"

namespace mqtrack::hunt {
namespace {

bool IsWorse(const LeakSite& a, const LeakSite& b) {
  const bool a_leaks = a.judgement.course == Course::kLeak, b_leaks = b.judgement.course == Course::kLeak;
  if (a_leaks != b_leaks) return a_leaks;
  if (a.kind != b.kind) return a.kind < b.kind;
  if (a.judgement.total.bytes != b.judgement.total.bytes) return a.judgement.total.bytes > b.judgement.total.bytes;
  return a.name.function < b.name.function;
}

Outcome OutcomeOf(const std::vector<LeakSite>& sites) {
  Outcome outcome = Outcome::kClean;
  for (const LeakSite& site : sites) {
    Outcome own = site.judgement.course == Course::kLeak ? Outcome::kLeak : Outcome::kNotSettled;
    if (!site.name.cache.empty()) own = Outcome::kCache;
    outcome = std::max(outcome, own);
  }
  return outcome;
}

/// What one function is to blame for: the places that grew the same in each round, and the others.
struct SiteSum {
  log::Kind kind;
  const SiteName* name;
  std::vector<Tally> exact, others;
};

void AddTo(std::vector<Tally>& sum, const std::vector<Tally>& more) {
  sum.resize(more.size());
  for (std::size_t phase = 0; phase < more.size(); ++phase) {
    sum[phase].objects += more[phase].objects;
    sum[phase].bytes += more[phase].bytes;
  }
}

std::vector<SiteSum> SumSites(const Measured& measured, const std::vector<SiteName>& names) {
  std::vector<SiteSum> sums;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const PlaceGrowth& one = measured.places[i];
    const auto same = [&](const SiteSum& sum) {
      return sum.kind == one.place.kind && sum.name->function == names[i].function &&
             sum.name->module == names[i].module && sum.name->cache == names[i].cache;
    };
    auto found = std::find_if(sums.begin(), sums.end(), same);
    if (found == sums.end()) found = sums.insert(sums.end(), {one.place.kind, &names[i], {}, {}});
    const bool is_exact = Judge(one.by_phase, measured.rounds).is_exact;
    AddTo(is_exact ? found->exact : found->others, one.by_phase);
  }
  return sums;
}

/// Judges each function. Where one grows by the same in each round, a table of it that grows along is no other leak.
void NameResult(const Unnamed& unnamed, const std::vector<SiteName>& names) {
  for (const SiteSum& sum : SumSites(unnamed.measured, names)) {
    const bool has_exact = !sum.exact.empty();
    const Judgement judgement = Judge(has_exact ? sum.exact : sum.others, unnamed.measured.rounds);
    if (judgement.course != Course::kLeak && judgement.course != Course::kNotSettled) continue;
    unnamed.result->sites.push_back({sum.kind, *sum.name, judgement, has_exact && !sum.others.empty()});
  }
  std::sort(unnamed.result->sites.begin(), unnamed.result->sites.end(), &IsWorse);
  unnamed.result->outcome = OutcomeOf(unnamed.result->sites);
}

}  // namespace

void NameGrowth(const log::LogContent& content, const process::RecordedProcess& process,
                const std::vector<Unnamed>& unnamed) {
  std::vector<Place> places;
  for (const Unnamed& one : unnamed) {
    for (const PlaceGrowth& place : one.measured.places) places.push_back(place.place);
  }
  const support::Result<std::vector<SiteName>> names = NameSites(content, process, places);
  if (!names) {
    for (const Unnamed& one : unnamed) {
      one.result->outcome = Outcome::kNotTried;
      one.result->why = "something grew, and cannot be named: " + names.error().ToString();
    }
    return;
  }
  auto at = names->begin();
  for (const Unnamed& one : unnamed) {
    const auto end = at + static_cast<std::ptrdiff_t>(one.measured.places.size());
    NameResult(one, {at, end});
    at = end;
  }
}

}  // namespace mqtrack::hunt
