#include "libtrack/verdicts/diagnosis.h"

#include <algorithm>
#include <tuple>

#include "libtrack/analysis/sites.h"
#include "libtrack/log/kinds.h"
#include "libtrack/profile/sample_types.h"
#include "libtrack/support/units.h"
#include "libtrack/verdicts/judge.h"

namespace mqtrack::verdicts {
namespace {

/// The clients to which a descriptor is open.
struct Connections {
  std::set<std::string> clients;  // their ids
  std::int64_t unnamed = 0;       // open since before an attach, and nobody knows whose they are
};

std::string_view TextOf(const profile::Sample& sample, std::string_view key) {
  for (const profile::Label& label : sample.labels) {
    if (label.key == key) return label.str;
  }
  return {};
}

Connections ReadConnections(const profile::Profile& profile) {
  Connections connections;
  const std::string type = log::FindSampleKind(log::Kind::kDescriptor, log::Measure::kLiveCount).name;
  const support::Result<std::size_t> column = profile::FindSampleType(profile, type);
  if (!column) return connections;
  for (const profile::Sample& sample : profile.samples) {
    if (sample.values[*column] <= 0) continue;
    const std::string_view client = TextOf(sample, "mqtt_client");
    // What stands in the place of an id is the recorder's own (preload/recorder/packets/packet_tracker.cc).
    const bool is_unnamed = client.empty()
                                ? TextOf(sample, "state") == "before_attach" && !TextOf(sample, "peer").empty()
                                : client.starts_with("(peer ") || client == "(open before)";
    if (is_unnamed)
      connections.unnamed += sample.values[*column];
    else if (!client.empty())
      connections.clients.emplace(client);
  }
  return connections;
}

/// Clients of whom it is known that they are gone.
std::set<std::string> ReadAway(const Series& series) {
  std::set<std::string> away;
  if (series.owned == nullptr) return away;
  for (const profile::Sample& sample : series.owned->samples) {
    if (const std::string_view client = TextOf(sample, kAwayLabel); !client.empty()) away.emplace(client);
  }
  return away;
}

/// Who does not take what is sent to him may have been busy for a moment: it counts who was found so each time of late,
/// or had taken messages until then without acknowledging them.
analysis::Asked ReadAsked(const Series& series) {
  const std::size_t snapshots = series.profiles.size(), late = snapshots - std::max<std::size_t>(1, snapshots / 3);
  analysis::Asked last = analysis::ReadAsked(*series.profiles.back());
  for (std::size_t i = late; i + 1 < snapshots && !series.is_of_survivors; ++i) {
    if (series.sides[i].broker.unacknowledged_out > 0) continue;
    const analysis::Asked earlier = analysis::ReadAsked(*series.profiles[i]);
    std::erase_if(last.stalled, [&](const std::string& client) { return !earlier.stalled.contains(client); });
  }
  return last;
}

/// Whether of late messages were under way to clients at every snapshot, and no acknowledgement came between any two.
bool AcknowledgesNothing(const Surroundings& around) {
  constexpr std::size_t kPuback = 4, kPubrec = 5, kFewest = 3;
  const std::size_t stretches = around.work.packets.size();
  if (stretches < kFewest) return false;
  for (std::size_t i = stretches - (stretches + 1) / 3; i < stretches; ++i) {
    const analysis::WorkDone& done = around.work.packets[i];
    if (!done.is_known || done.received[kPuback] != 0 || done.received[kPubrec] != 0) return false;
    if (!around.states[i + 1].is_known || around.states[i + 1].unacknowledged_out <= 0) return false;
  }
  return true;
}

Surroundings Around(const Series& series) {
  Surroundings around;
  for (const analysis::Side& side : series.sides)
    around.states.push_back(analysis::StateBefore(side.broker, side.work));
  std::vector<analysis::SysFigures> sys;
  for (const analysis::Side& side : series.sides) sys.push_back(side.sys);
  if (!series.is_of_survivors) around.sys = ReadSysWitness(sys);
  for (std::size_t i = 1; i < series.sides.size(); ++i) {
    around.work.packets.push_back(analysis::WorkBetween(series.sides[i - 1].work, series.sides[i].work));
    around.work.nanos.push_back(
        std::max<std::int64_t>(0, analysis::Difference(series.sides[i].time_nanos, series.sides[i - 1].time_nanos)));
  }
  Connections connections = ReadConnections(*series.profiles.back());
  around.connected = std::move(connections.clients);
  around.unnamed = connections.unnamed;
  around.away = ReadAway(series);
  around.asked = ReadAsked(series);
  around.has_owners = series.owned != nullptr;
  around.is_of_survivors = series.is_of_survivors;
  around.acknowledges_nothing = !series.is_of_survivors && AcknowledgesNothing(around);
  return around;
}

std::vector<ResourceHistory> ReadResources(const Series& series) {
  std::vector<ResourceHistory> resources;
  const profile::Profile& last = *series.profiles.back();
  for (const profile::ValueType& type : last.sample_types) {
    if (!profile::SampleKindOf(type.type).tells_growth && type.type != profile::kGoroutine) continue;
    ResourceHistory resource{type, {}};
    for (const profile::Profile* profile : series.profiles) {
      const support::Result<std::size_t> column = profile::FindSampleType(*profile, type.type);
      if (column) resource.totals.push_back(profile::Total(*profile, *column));
    }
    if (resource.totals.size() == series.profiles.size()) resources.push_back(std::move(resource));
  }
  return resources;
}

/// What is resident, in no file, and not in a live block. Said where it is more than the live heap, and worth a word.
std::int64_t KeptByAllocator(const analysis::Memory& memory) {
  constexpr std::int64_t kWorthSaying = 4 << 20;
  if (memory.anonymous < 0 || memory.live_heap < 0) return -1;
  const std::int64_t kept = memory.anonymous - memory.live_heap;
  return kept >= kWorthSaying && kept > memory.live_heap ? kept : -1;
}

/// What a user knows better.
void Teach(const Expectations& expectations, const SiteHistory& history, Judgement& judgement) {
  const Expectation* known = expectations.Find(history.site.function, history.site.file);
  if (known == nullptr || judgement.verdict == Verdict::kLost) return;
  const std::int64_t held = history.held.back().value;
  const bool is_within = held <= known->bytes;
  judgement.verdict = is_within ? Verdict::kCache : Verdict::kLeak;
  judgement.next.clear();
  judgement.evidence.insert(judgement.evidence.begin(),
                            "meant to grow to " + support::FormatBytes(known->bytes) + " (" + expectations.where + ":" +
                                std::to_string(known->line) + "), and holds " + support::FormatBytes(held) +
                                (is_within ? "" : ", which is more"));
}

bool IsHeap(const SiteVerdict& one) { return one.history.type.type == profile::kInuseSpace; }

}  // namespace

Held SiteVerdict::Amount() const {
  if (judgement.verdict == Verdict::kLost) return history.lost;
  return {history.site.growth(), history.site.object_growth()};
}

std::size_t Diagnosis::Count(Verdict verdict) const {
  return static_cast<std::size_t>(std::count_if(
      sites.begin(), sites.end(), [&](const SiteVerdict& one) { return one.judgement.verdict == verdict; }));
}

Diagnosis Diagnose(const Series& series, const analysis::WrapperList& wrappers, const Expectations& expectations) {
  Diagnosis diagnosis;
  diagnosis.sides = series.sides;
  diagnosis.tells_cohorts = series.TellsCohorts();
  diagnosis.is_of_survivors = series.is_of_survivors;
  diagnosis.has_owners = series.owned != nullptr;
  diagnosis.has_lost = series.lost != nullptr;
  Surroundings around = Around(series);
  diagnosis.states = around.states;
  diagnosis.work = analysis::WorkBetween(series.sides.front().work, series.sides.back().work);
  diagnosis.resources = ReadResources(series);
  diagnosis.kept_by_allocator = KeptByAllocator(series.sides.back().memory);
  std::int64_t leaking = 0;
  std::vector<SiteHistory> histories = ReadHistories(series, wrappers);
  around.messages_were_taken = std::any_of(histories.begin(), histories.end(), WereTaken);
  around.clients_own_queues = std::any_of(histories.begin(), histories.end(),
                                          [&](const SiteHistory& history) { return OwnsQueue(history, around); });
  for (SiteHistory& history : histories) {
    std::optional<Judgement> judgement = Judge(history, around);
    if (!judgement) continue;
    if (history.type.type == profile::kInuseSpace) Teach(expectations, history, *judgement);
    SiteVerdict one{std::move(history), *std::move(judgement)};
    if (IsLeak(one.judgement.verdict) && IsHeap(one)) leaking = analysis::Sum(leaking, one.Amount().value);
    diagnosis.sites.push_back(std::move(one));
  }
  diagnosis.forecast = analysis::MakeForecast(leaking, series.sides.front(), series.sides.back());
  std::stable_sort(diagnosis.sites.begin(), diagnosis.sites.end(), [](const SiteVerdict& a, const SiteVerdict& b) {
    const auto rank = [](const SiteVerdict& one) {
      return std::tuple(one.judgement.verdict, IsHeap(one), -one.Amount().value);
    };
    return rank(a) < rank(b);
  });
  return diagnosis;
}

}  // namespace mqtrack::verdicts
