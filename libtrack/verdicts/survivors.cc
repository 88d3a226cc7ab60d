#include "libtrack/verdicts/survivors.h"

#include <algorithm>
#include <cstdint>
#include <string>

#include "libtrack/analysis/side.h"
#include "libtrack/profile/fact.h"

namespace mqtrack::verdicts {
namespace {

constexpr std::int64_t kFewestStretches = 3, kMostStretches = 12;
constexpr char kGeneration[] = "generation";

std::int64_t BornIn(const profile::Sample& sample) {
  for (const profile::Label& label : sample.labels) {
    if (label.key == kGeneration) return label.num;
  }
  return 0;
}

void SetGeneration(profile::Profile& profile, std::int64_t generation) {
  const std::string prefix = std::string(profile::kFactPrefix) + kGeneration + ": ";
  std::erase_if(profile.comments, [&](const std::string& comment) { return comment.starts_with(prefix); });
  profile::AddFact(profile, kGeneration, std::to_string(generation));
}

}  // namespace

std::optional<std::vector<profile::Profile>> SplitByGenerations(const profile::Profile& profile) {
  const std::int64_t last = analysis::DescribeSide(profile).generation;
  if (last < kFewestStretches) return std::nullopt;
  const std::int64_t stretches = std::min(last, kMostStretches);
  std::vector<profile::Profile> series;
  for (std::int64_t i = 0; i <= stretches; ++i) {
    const std::int64_t until = last / stretches * i + last % stretches * i / stretches;
    profile::Profile survivors = profile;
    std::erase_if(survivors.samples, [&](const profile::Sample& sample) { return BornIn(sample) > until; });
    SetGeneration(survivors, until);
    survivors.time_nanos = 0;
    series.push_back(std::move(survivors));
  }
  return series;
}

}  // namespace mqtrack::verdicts
