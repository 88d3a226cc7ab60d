#include "tests/unit/reports/sample_diagnosis.h"

#include "libtrack/log/packet_types.h"
#include "libtrack/profile/sample_types.h"

namespace mqtrack::testing {
namespace {

using verdicts::Held;
using verdicts::SiteVerdict;
using verdicts::Verdict;

constexpr std::size_t kSnapshots = 4;
constexpr std::int64_t kStart = 1'795'000'000'000'000'000, kMinute = 60'000'000'000;

/// It holds `each` bytes in one object more after each stretch.
SiteVerdict Site(const std::string& function, Verdict verdict, std::int64_t each, const std::string& suffix) {
  SiteVerdict one;
  one.history.site.function = function + suffix;
  one.history.site.file = "src/" + function + ".c" + suffix;
  one.history.site.line = 42;
  one.history.site.module = "broker" + suffix;
  one.history.type = profile::WithUnit(profile::kInuseSpace);
  one.history.has_objects = true;
  for (std::size_t i = 0; i < kSnapshots; ++i) {
    const auto stretches = static_cast<std::int64_t>(i);
    one.history.held.push_back({each * stretches, stretches});
    one.history.cohorts.emplace_back(kSnapshots);
    for (std::size_t j = 1; j <= i; ++j) one.history.cohorts.back()[j] = {each, 1};
  }
  one.history.site.value = one.history.held.back().value;
  one.history.site.objects = one.history.held.back().objects;
  one.history.owners[{"client", "pump7" + suffix}] = one.history.held.back();
  one.history.owners[{"global", "global db (broker)" + suffix}] = {12, 1};
  if (verdict == Verdict::kLost) one.history.lost = one.history.held.back();
  one.judgement = {verdict, {"from 0 to 3 objects in 3 stretches" + suffix, "held by client pump7" + suffix}, {}};
  if (verdict == Verdict::kInconclusive) one.judgement.next = "watch longer";
  return one;
}

}  // namespace

verdicts::Diagnosis SampleDiagnosis(const std::string& suffix) {
  verdicts::Diagnosis diagnosis;
  for (std::size_t i = 0; i < kSnapshots; ++i) {
    const auto stretches = static_cast<std::int64_t>(i);
    analysis::Side side;
    side.target = "broker" + suffix;
    side.time_nanos = kStart + stretches * kMinute;
    side.memory.live_heap = 4096 * (stretches + 1);
    side.memory.resident = i == 2 ? -1 : 1'000'000 + stretches * 4096;
    side.losses = i == 3 ? 7 : 0;
    side.lost_bytes = i == 3 ? 700 : 0;
    diagnosis.sides.push_back(side);
    analysis::BrokerState state;
    state.is_known = true;
    state.retained = stretches * 10;
    diagnosis.states.push_back(state);
  }
  diagnosis.resources = {{profile::WithUnit(profile::kThreads), {4, 4, 5, 5}},
                         {profile::WithUnit(profile::kInuseSpace), {4096, 8192, 12288, 16384}}};
  diagnosis.work.is_known = true;
  diagnosis.work.received[3] = 500;
  diagnosis.work.sent[4] = 500;
  diagnosis.sites = {Site("retain__store", Verdict::kLost, 1000, suffix), Site("sub__add", Verdict::kLeak, 500, suffix),
                     Site("list::Push", Verdict::kInconclusive, 100, suffix),
                     Site("db__store", Verdict::kBacklog, 64, suffix), Site("cache__get", Verdict::kCache, 8, suffix)};
  diagnosis.has_owners = diagnosis.has_lost = diagnosis.tells_cohorts = true;
  return diagnosis;
}

reports::DiagnosisOptions SampleDiagnosisOptions(const std::string& suffix) {
  reports::DiagnosisOptions options;
  options.name = "broker" + suffix;
  options.looks = {{610'000, true, ""}, {720'000, true, ""}};
  options.may_look_again = true;
  options.notes = {"part of the heap is not known" + suffix};
  options.command = "mqtrack diagnose broker -o report.html" + suffix;
  return options;
}

}  // namespace mqtrack::testing
