#include "libtrack/verdicts/judge.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "libtrack/profile/sample_types.h"
#include "libtrack/support/units.h"
#include "libtrack/support/words.h"
#include "libtrack/verdicts/evidence.h"
#include "libtrack/verdicts/state_fit.h"
#include "libtrack/verdicts/trend.h"

namespace mqtrack::verdicts {
namespace {

/// Fewer stretches decide nothing about growth: a service that starts up, and a cache that fills, look like a leak.
constexpr std::size_t kFewestStretches = 3;
/// Of what was there for a stretch, so much must go for a queue.
constexpr double kMany = 0.3;
/// Of growth: so much of it is whose it is.
constexpr double kNearlyAll = 0.8;
/// What makes messages, and queues of them.
constexpr std::string_view kPublish = "PUBLISH";
/// The last third leaves so much less than the first for each unit of work: what grows fills up.
constexpr double kFilling = 2;

constexpr char kHowItEnds[] =
    "it ends when they take what is theirs, or with their sessions (persistent_client_expiration, MQTT 5's session "
    "expiry); a limit is max_queued_messages";

Judgement Made(Verdict verdict, std::vector<std::string> evidence, std::string next = {}) {
  return {verdict, std::move(evidence), std::move(next)};
}

class Judging {
 public:
  Judging(const SiteHistory& history, const Surroundings& around)
      : history_(history), around_(around), trend_(ReadTrend(history)), words_(history, trend_) {}

  [[nodiscard]] bool OwnsQueue() const {
    return trend_.value_growth > 0 && words_.OnlyCause() == kPublish && OfClients().has_value();
  }

  [[nodiscard]] std::optional<Judgement> Run() const {
    if (const auto lost = Lost()) return lost;
    if (trend_.value_growth <= 0) return Varying();
    if (const auto table = OneThingThatGrows()) return table;
    if (const auto state = State()) return state;
    if (const auto clients = OfClients()) return clients;
    const Waiting waiting = ReadWaiting();
    if (const auto queue = OfTopics(waiting)) return queue;
    if (trend_.stretches() < kFewestStretches) return TooShort();
    if (trend_.is_all_new && !around_.is_of_survivors)
      return Made(Verdict::kChurn, {words_.Stretches(), words_.MayGo()});
    if (around_.is_of_survivors && !IsEven()) return Undecided();
    if (!trend_.grew_late || trend_.young <= 0) return Settled();
    if (trend_.watched > 0 && trend_.released >= kMany) return TurnsOver();
    if (trend_.left_in_each_third && trend_.released <= kHardlyAny) {
      if (const auto undecided = MayWait(waiting)) return undecided;
      if (const auto undecided = OfClientsOfBefore()) return undecided;
      return Steady();
    }
    return Undecided();
  }

 private:
  /// Nothing points to a good part of it. A single block that is lost beside much that is held has its own row in
  /// mqtrack leaks.
  [[nodiscard]] std::optional<Judgement> Lost() const {
    if (history_.lost.objects == 0) return std::nullopt;
    constexpr std::int64_t kPart = 4;
    if (history_.lost.value < trend_.value_growth / kPart) return std::nullopt;
    return Made(Verdict::kLost, {words_.Lost(), words_.Growth()});
  }

  [[nodiscard]] std::optional<Judgement> Varying() const {
    const std::int64_t above = analysis::Difference(trend_.peak_value, history_.held.front().value);
    if (above <= 0 || trend_.growth > 0) return std::nullopt;
    return Made(Verdict::kChurn, {words_.UpAndDown()});
  }

  /// A table or a buffer: one thing, or no more of them than before, and larger. One that doubles whenever it is full
  /// grows rarely, and still keeps pace with the work that fills it.
  [[nodiscard]] std::optional<Judgement> OneThingThatGrows() const {
    if (!history_.has_objects || (trend_.growth > 0 && !trend_.is_one)) return std::nullopt;
    const std::size_t stretches = trend_.stretches();
    if (stretches < kFewestStretches) return TooShort();
    // Figures in text get longer by a digit, as those of a broker below $SYS.
    constexpr std::int64_t kPartThatVaries = 20;
    if (!trend_.is_one && trend_.value_growth < history_.held.front().value / kPartThatVaries)
      return Made(Verdict::kChurn, {words_.Larger()});
    const bool is_late = !trend_.jumps.empty() && trend_.jumps.back() >= trend_.late();
    const bool keeps_growing = trend_.jumps.size() * 2 > stretches && trend_.keeps_pace;
    if (keeps_growing) return Made(Verdict::kLeak, {words_.Larger(), words_.Jumps()});
    if (!is_late && MayGrowAgain()) {
      return Made(Verdict::kInconclusive, {words_.Larger(), words_.Jumps(), words_.NotDueYet()},
                  "watch until then: a table that has its size stops growing");
    }
    if (!is_late || !trend_.keeps_pace) return Made(Verdict::kCache, {words_.Larger(), words_.SizeSince()});
    return Made(Verdict::kInconclusive, {words_.Larger(), words_.Jumps()},
                "watch for twice as long: a table that has its size stops growing");
  }

  /// What is filled at one pace, and made larger by the same factor when it is full, next grows after as much time as
  /// it took until it last grew. Before that nobody can say that it does not.
  [[nodiscard]] bool MayGrowAgain() const {
    constexpr std::size_t kFewestJumps = 2;
    if (!trend_.is_one || trend_.jumps.size() < kFewestJumps) return false;
    const std::size_t until = trend_.jumps.back() + 1;
    return trend_.stretches() - until < until;
  }

  [[nodiscard]] std::optional<Judgement> State() const {
    const std::string cause = words_.OnlyCause();
    const StateFit fit = FitOf(cause);
    if (fit.what.empty()) return std::nullopt;
    return Made(Verdict::kBacklog, {words_.Follows(fit), words_.HeldBy()});
  }

  /// Any two pairs of figures lie on a line: of one stretch only a whole number for each tells something.
  [[nodiscard]] StateFit FitOf(const std::string& cause) const {
    if (around_.is_of_survivors) return FindStateOfAll({}, around_.states.back(), trend_.growth, cause);
    if (trend_.stretches() == 1 && around_.states.front().is_known)
      return FindStateOfAll(around_.states.front(), around_.states.back(), trend_.growth, cause);
    return FindStateFit(around_.states, trend_.counts, cause);
  }

  /// True if it was there before an attach: it may be behind a connection of which nobody knows whose it is.
  [[nodiscard]] bool MayBeConnected(const std::string& client) const {
    return around_.unnamed > 0 && !around_.connected.contains(client) && !around_.away.contains(client);
  }

  /// What messages left with clients of whom nobody knows whether they are there is a queue, or a leak.
  [[nodiscard]] std::optional<Judgement> OfClientsOfBefore() const {
    if (words_.OnlyCause() != kPublish) return std::nullopt;
    Held all, theirs;
    std::set<std::string> names;
    for (const auto& [owner, held] : history_.owners) {
      all.Add(held);
      if (owner.first != "client" || !MayBeConnected(owner.second)) continue;
      theirs.Add(held);
      names.insert(owner.second);
    }
    constexpr double kPart = 1 - kNearlyAll;  // else it is no client's
    if (names.empty() || static_cast<double>(theirs.value) < kPart * static_cast<double>(all.value))
      return std::nullopt;
    return Made(Verdict::kInconclusive, {words_.Stretches(), words_.OfClientsOfBefore(names, theirs)},
                "look again when these clients have connected anew, or record the service from its start");
  }

  /// True of a client that is away, and of all while messages wait to be acknowledged, now and for a third of the time.
  [[nodiscard]] bool Waits(const std::string& client) const {
    if (around_.asked.stalled.contains(client)) return true;
    if (!around_.connected.contains(client)) return !MayBeConnected(client);
    for (std::size_t i = trend_.late(); i < around_.states.size(); ++i) {
      if (!around_.states[i].is_known || around_.states[i].unacknowledged_out <= 0) return false;
    }
    return true;
  }

  /// What clients hold that are gone, or do not acknowledge, waits for them; the rest may be other state. What those
  /// hold that are there is judged by how it grows.
  [[nodiscard]] std::optional<Judgement> OfClients() const {
    Held all, waiting;
    std::set<std::string> names;
    for (const auto& [owner, held] : history_.owners) {
      all.Add(held);
      if (owner.first != "client" || !Waits(owner.second)) continue;
      waiting.Add(held);
      names.insert(owner.second);
    }
    if (all.value <= 0 || waiting.value <= 0) return std::nullopt;
    std::vector<std::string> evidence = {words_.WaitsFor(names, around_.connected, waiting)};
    if (static_cast<double>(waiting.value) < kNearlyAll * static_cast<double>(all.value)) {
      const StateFit rest =
          FindStateOfAll(around_.states.front(), around_.states.back(),
                         analysis::Difference(trend_.growth, history_.Count(waiting)), words_.OnlyCause());
      if (rest.what.empty()) return std::nullopt;
      evidence.push_back("the rest " + words_.Follows(rest));
    }
    return Made(Verdict::kBacklog, std::move(evidence), kHowItEnds);
  }

  [[nodiscard]] Judgement TooShort() const {
    return Made(Verdict::kInconclusive, {words_.Growth(), words_.HeldBy()},
                "take more snapshots, each after a round of the same work: three stretches decide nothing less");
  }

  /// It grew, and does no more.
  [[nodiscard]] Judgement Settled() const {
    if (trend_.falls) return Made(Verdict::kChurn, {words_.UpAndDown(), words_.Released()});
    const bool turns_over = trend_.young > 0 && trend_.released > kHardlyAny;
    if (turns_over) return Made(Verdict::kCache, {words_.NoMoreSince(), words_.Released()});
    return Made(Verdict::kWarmUp, {words_.NoMoreSince()});
  }

  /// What is made is released again.
  [[nodiscard]] Judgement TurnsOver() const {
    if (trend_.falls) return Made(Verdict::kChurn, {words_.UpAndDown(), words_.Released()});
    return Made(Verdict::kBacklog, {words_.Released(), words_.HeldBy()},
                "more comes in than goes out; the queue's length, or what it waits for, is the thing to look at");
  }

  /// Of what was made since the first snapshot, by who has asked for the messages that made it.
  struct Waiting {
    std::int64_t all = 0;     // of any cause
    std::int64_t theirs = 0;  // on topics that clients have asked for who do not take them
    std::int64_t may_be = 0;  // on topics that somebody else has asked for, or who waits for everything
    std::map<std::string, std::int64_t> filters;  // of what is theirs
    std::set<std::string> names;
    std::int64_t clients = 0;  // more may wait than are named
  };

  [[nodiscard]] Waiting ReadWaiting() const {
    Waiting waiting;
    for (const auto& [packet, count] : history_.causes) waiting.all = analysis::Sum(waiting.all, count);
    for (const auto& [topic, count] : history_.topics) {
      const analysis::AskedFilter* found = nullptr;
      bool may_be = false;
      for (const analysis::AskedFilter& asked : around_.asked.filters) {
        if (!analysis::IsAskedFor(topic, asked.filter)) continue;
        const bool waits = asked.away > 0 || IsStalled(asked) || (asked.connected > 0 && around_.acknowledges_nothing);
        may_be = true;
        if (waits && !analysis::AsksForAll(asked.filter)) found = &asked;
      }
      if (found != nullptr) {
        waiting.theirs = analysis::Sum(waiting.theirs, count);
        if (waiting.filters[found->filter] == 0) waiting.clients += found->away + found->stalled;
        waiting.filters[found->filter] += count;
        waiting.names.insert(found->names.begin(), found->names.end());
      } else if (may_be || topic.empty()) {
        waiting.may_be = analysis::Sum(waiting.may_be, count);
      }
    }
    return waiting;
  }

  [[nodiscard]] bool IsStalled(const analysis::AskedFilter& asked) const {
    return asked.stalled > 0 && std::any_of(asked.names.begin(), asked.names.end(), [&](const std::string& name) {
             return around_.asked.stalled.contains(name);
           });
  }

  /// Nearly all of it was made for messages that clients have asked for and do not take. Where their queues lie in
  /// objects of their own, what does not is none; and what was fetched explains nothing that stayed.
  [[nodiscard]] std::optional<Judgement> OfTopics(const Waiting& waiting) const {
    if (around_.clients_own_queues || around_.messages_were_taken || waiting.theirs <= 0) return std::nullopt;
    const std::int64_t more = waiting.all - ReplacedByNoMessage(waiting);
    if (static_cast<double>(waiting.theirs) < kNearlyAll * static_cast<double>(more)) return std::nullopt;
    const bool is_unacknowledged = around_.acknowledges_nothing && waiting.names.empty();
    return Made(Verdict::kBacklog,
                {is_unacknowledged
                     ? words_.AskedForAndNotAcknowledged(waiting.filters, around_.states.back().unacknowledged_out)
                     : words_.AskedFor(waiting.filters, waiting.names, waiting.clients, around_.connected)},
                kHowItEnds);
  }

  /// How much of what no PUBLISH made only took the place of what is gone, as what a broker retains of itself does.
  [[nodiscard]] std::int64_t ReplacedByNoMessage(const Waiting& waiting) const {
    if (trend_.growth <= 0) return 0;
    std::int64_t no_message = 0;
    for (const auto& [packet, count] : history_.causes) {
      if (packet != kPublish) no_message = analysis::Sum(no_message, count);
    }
    return std::clamp<std::int64_t>(waiting.all - trend_.growth, 0, no_message);
  }

  /// Messages that wait for clients look like a leak to whoever cannot ask who holds them. Not if it is known that
  /// nobody waits for what made a good part of it.
  [[nodiscard]] std::optional<Judgement> MayWait(const Waiting& waiting) const {
    const std::int64_t nobodys = waiting.all - waiting.theirs - waiting.may_be;
    if (around_.asked.is_all && static_cast<double>(nobodys) >= kMany * static_cast<double>(waiting.all))
      return std::nullopt;
    if (around_.has_owners || around_.messages_were_taken || around_.states.empty() || words_.OnlyCause() != kPublish)
      return std::nullopt;
    const analysis::BrokerState& now = around_.states.back();
    if (!now.is_known || now.offline_sessions + now.unacknowledged_out <= 0) return std::nullopt;
    if (around_.sys.Excludes(trend_.growth, now.sessions)) return std::nullopt;
    if (const StateFit fit = around_.sys.Fit(trend_.counts); !fit.what.empty())
      return Made(Verdict::kBacklog, {words_.Follows(fit), words_.Waiting(now)}, kHowItEnds);
    return Made(
        Verdict::kInconclusive, {words_.Stretches(), words_.MayWait(now), around_.sys.Words()},
        "name the running process as well, which can be asked who holds it; or look again when these clients have "
        "taken what is theirs");
  }

  [[nodiscard]] Judgement Steady() const {
    const WorkRate rate = RateOfLeft();
    constexpr std::size_t kFewestForFilling = 5;
    if (!rate.is_exact && rate.early > rate.late * kFilling) {
      if (trend_.stretches() >= kFewestForFilling)
        return Made(Verdict::kCache, {words_.Filling(rate), words_.HeldBy()});
      return Made(Verdict::kInconclusive, {words_.Filling(rate), words_.HeldBy()},
                  "watch for twice as long: what fills up stops growing");
    }
    const bool is_of_messages = words_.OnlyCause() == kPublish;
    return Made(Verdict::kLeak, {words_.Stretches(), words_.Each(rate), words_.HeldBy(),
                                 is_of_messages ? around_.sys.Words() : std::string()});
  }

  /// Of survivors nobody knows how many there were. What is released late leaves few old ones and many young ones; the
  /// newest generation, which is not over, does not count.
  [[nodiscard]] bool IsEven() const {
    const std::size_t over = trend_.stretches() - 1, half = over / 2;
    std::int64_t old = 0, young = 0;
    for (std::size_t i = 0; i < half; ++i) old = analysis::Sum(old, trend_.left[i]);
    for (std::size_t i = over - half; i < over; ++i) young = analysis::Sum(young, trend_.left[i]);
    return static_cast<double>(young) <= kFilling * static_cast<double>(old);
  }

  /// Some of what the newest stretch made may be on its way out; without it the rate may be an exact one.
  [[nodiscard]] WorkRate RateOfLeft() const {
    const WorkRate all = FindWorkRate(around_.work, trend_.left, words_.OnlyCause());
    if (all.is_exact || trend_.stretches() <= kFewestStretches) return all;
    WorkOfStretches work = around_.work;
    std::vector<std::int64_t> left = trend_.left;
    work.packets.pop_back();
    work.nanos.pop_back();
    left.pop_back();
    const WorkRate older = FindWorkRate(work, left, words_.OnlyCause());
    return older.is_exact || all.unit.empty() ? older : all;
  }

  [[nodiscard]] Judgement Undecided() const {
    return Made(
        Verdict::kInconclusive, {words_.Stretches(), words_.Released(), words_.HeldBy()},
        "watch longer, in rounds of the same work that end with nothing under way (mqtrack snapshot --wait-idle)");
  }

  const SiteHistory& history_;
  const Surroundings& around_;
  Trend trend_;
  EvidenceWords words_;
};

}  // namespace

bool WereTaken(const SiteHistory& history) {
  const Trend trend = ReadTrend(history);
  if (EvidenceWords(history, trend).OnlyCause() != kPublish) return false;
  constexpr std::int64_t kFewest = 10, kPart = 4;
  for (std::size_t i = 1; i < trend.counts.size(); ++i) {
    if (trend.counts[i - 1] >= kFewest && trend.counts[i] < trend.counts[i - 1] / kPart) return true;
  }
  return false;
}

bool OwnsQueue(const SiteHistory& history, const Surroundings& around) {
  return around.has_owners && Judging(history, around).OwnsQueue();
}

std::optional<Judgement> Judge(const SiteHistory& history, const Surroundings& around) {
  std::optional<Judgement> judgement = Judging(history, around).Run();
  if (judgement) std::erase(judgement->evidence, std::string());
  return judgement;
}

}  // namespace mqtrack::verdicts
