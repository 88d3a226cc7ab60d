#include "libtrack/verdicts/evidence.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <vector>

#include "libtrack/analysis/printable.h"
#include "libtrack/analysis/sites.h"
#include "libtrack/profile/sample_types.h"
#include "libtrack/support/units.h"
#include "libtrack/support/words.h"

namespace mqtrack::verdicts {
namespace {

constexpr std::size_t kShownClients = 3;

using support::FormatCount;

/// "1.5", "12", "0.02": three digits at most.
std::string Number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.*f", value < 0.995 ? 2 : value < 9.95 ? 1 : 0, value);
  std::string short_text = text;
  if (short_text.find('.') == std::string::npos) return FormatCount(std::llround(value));
  while (short_text.back() == '0') short_text.pop_back();
  if (short_text.back() == '.') short_text.pop_back();
  return short_text;
}

std::string OwnerWords(const OwnerName& owner) {
  return owner.first == "client" ? "client " + analysis::Printable(owner.second)
                                 : analysis::Printable(owner.second.empty() ? owner.first : owner.second);
}

}  // namespace

std::string EvidenceWords::Things(std::int64_t count) const {
  if (history_.has_objects) return FormatCount(count) + (count == 1 ? " object" : " objects");
  if (history_.type.unit == "bytes") return support::FormatBytes(count);
  const std::string_view words = profile::TypeWords(history_.type.type, count);
  return FormatCount(count) + " " + (words.empty() ? history_.type.type : std::string(words));
}

std::string EvidenceWords::Value(std::int64_t value) const { return support::FormatValue(value, history_.type.unit); }

std::string EvidenceWords::OnlyCause() const {
  std::string only;
  for (const auto& [packet, count] : history_.causes) {
    if (count == 0) continue;
    if (packet.empty() || !only.empty()) return {};
    only = packet;
  }
  return only;
}

std::string EvidenceWords::Lost() const {
  return "nothing points to " + Things(history_.lost.objects) + " (" + Value(history_.lost.value) +
         ") of it, at two looks";
}

std::string EvidenceWords::Growth() const {
  return "from " + FormatCount(trend_.counts.front()) + " to " + Things(trend_.counts.back()) + " in " +
         FormatCount(static_cast<std::int64_t>(trend_.stretches())) +
         (trend_.stretches() == 1 ? " stretch" : " stretches");
}

std::string EvidenceWords::Stretches() const {
  constexpr std::size_t kShown = 6;
  const std::size_t stretches = trend_.stretches();
  std::vector<std::string> figures;
  for (std::size_t i = stretches - std::min(stretches, kShown); i < stretches; ++i) {
    figures.push_back(history_.has_objects || history_.type.unit != "bytes" ? FormatCount(trend_.left[i])
                                                                            : support::FormatBytes(trend_.left[i]));
  }
  return "what " + std::string(stretches > kShown ? "the last " : "") +
         FormatCount(static_cast<std::int64_t>(figures.size())) + " stretches left behind: " + support::Join(figures) +
         (history_.has_objects ? " objects" : "");
}

std::string EvidenceWords::Released() const {
  if (trend_.watched <= 0) return {};
  const auto gone = static_cast<std::int64_t>(std::llround(trend_.released * static_cast<double>(trend_.watched)));
  if (gone == 0) return "of " + Things(trend_.watched) + " that had lived for a stretch, none was released";
  return "of " + Things(trend_.watched) + " that had lived for a stretch, " + FormatCount(gone) +
         (gone == 1 ? " was" : " were") + " released";
}

std::string EvidenceWords::NoMoreSince() const {
  const std::size_t since = trend_.late();
  return "grew to " + Things(trend_.counts[since]) + ", and no more in the last " +
         FormatCount(static_cast<std::int64_t>(trend_.stretches() - since)) + " of " +
         FormatCount(static_cast<std::int64_t>(trend_.stretches())) + " stretches";
}

std::string EvidenceWords::Each(const WorkRate& rate) const {
  if (rate.unit.empty()) return {};
  if (rate.is_exact)
    return "exactly " + Things(std::llround(rate.each)) + " for each " + rate.unit + ", in every stretch";
  if (rate.unit == "hour") return "about " + Things(std::llround(rate.each)) + " an hour";
  const std::string things = history_.has_objects ? "objects" : std::string(profile::TypeWords(history_.type.type));
  return "about " + Number(rate.each) + " " + things + " for each " + rate.unit + " (" + Number(rate.early) +
         " at first, " + Number(rate.late) + " at last)";
}

std::string EvidenceWords::Filling(const WorkRate& rate) const {
  return "fills ever more slowly: " + Number(rate.early) + " for each " + rate.unit + " at first, " +
         Number(rate.late) + " at last";
}

std::string EvidenceWords::Follows(const StateFit& fit) const {
  return "follows the " + fit.what + ", of which there are " + FormatCount(fit.last) + " now and were " +
         FormatCount(fit.first) + ": " + Number(fit.each) + " for each";
}

std::string EvidenceWords::WaitsFor(const std::set<std::string>& clients, const std::set<std::string>& connected,
                                    const Held& held) const {
  std::vector<std::string> shown;
  bool are_away = true;
  for (const std::string& client : clients) {
    are_away = are_away && !connected.contains(client);
    if (shown.size() < kShownClients) shown.push_back(analysis::Printable(client));
  }
  const std::size_t more = clients.size() - shown.size();
  const std::string who = clients.size() == 1 ? "a client that " : "clients that ";
  const std::string why = !are_away
                              ? (clients.size() == 1 ? "does not acknowledge" : "are offline, or do not acknowledge")
                              : (clients.size() == 1 ? "is offline" : "are offline");
  return Value(held.value) + " wait for " + who + why + ": " + support::Join(shown) +
         (more > 0 ? " and " + FormatCount(static_cast<std::int64_t>(more)) + " more" : "");
}

std::string EvidenceWords::OfClientsOfBefore(const std::set<std::string>& clients, const Held& held) const {
  std::vector<std::string> shown;
  for (const std::string& client : clients) {
    if (shown.size() < kShownClients) shown.push_back(analysis::Printable(client));
  }
  const std::size_t more = clients.size() - shown.size();
  return Value(held.value) + " belong to " + support::Join(shown) +
         (more > 0 ? " and " + FormatCount(static_cast<std::int64_t>(more)) + " more" : "") +
         ", who had connected before the attach: nobody knows whether " + (clients.size() == 1 ? "it is" : "they are") +
         " offline, and this a queue";
}

std::string EvidenceWords::MadeForMessages(const std::map<std::string, std::int64_t>& filters) const {
  constexpr std::size_t kShown = 3;
  std::int64_t things = 0;
  std::vector<std::string> shown;
  for (const auto& [filter, count] : filters) {
    things = analysis::Sum(things, count);
    if (shown.size() < kShown) shown.push_back(analysis::Printable(filter));
  }
  if (filters.size() > kShown) shown.emplace_back("...");
  return Things(things) + (things == 1 ? " was" : " were") + " made for messages on " + support::Join(shown);
}

std::string EvidenceWords::AskedFor(const std::map<std::string, std::int64_t>& filters,
                                    const std::set<std::string>& names, std::int64_t clients,
                                    const std::set<std::string>& connected) const {
  std::vector<std::string> shown;
  bool are_away = true;
  for (const std::string& name : names) {
    are_away = are_away && !connected.contains(name);
    if (shown.size() < kShownClients) shown.push_back(analysis::Printable(name));
  }
  const std::int64_t more = clients - static_cast<std::int64_t>(shown.size());
  const bool is_one = clients <= 1;
  return MadeForMessages(filters) + ", which " +
         (is_one ? "a client has asked for that " : "clients have asked for that ") +
         (are_away ? (is_one ? "is offline" : "are offline")
                   : (is_one ? "does not read what it is sent" : "are offline, or do not read what they are sent")) +
         ": " + support::Join(shown) + (more > 0 ? " and " + FormatCount(more) + " more" : "");
}

std::string EvidenceWords::AskedForAndNotAcknowledged(const std::map<std::string, std::int64_t>& filters,
                                                      std::int64_t unacknowledged) const {
  return MadeForMessages(filters) + ", which clients have asked for; " + FormatCount(unacknowledged) +
         (unacknowledged == 1 ? " is" : " are") + " not acknowledged, and none was in the last third of the time";
}

std::string EvidenceWords::Waiting(const analysis::BrokerState& now) const {
  std::string text = FormatCount(now.offline_sessions) + (now.offline_sessions == 1 ? " client is" : " clients are") +
                     " offline with a session";
  if (now.unacknowledged_out > 0)
    text += ", and " + FormatCount(now.unacknowledged_out) + " messages are not acknowledged";
  return text;
}

std::string EvidenceWords::MayWait(const analysis::BrokerState& now) const {
  return Waiting(now) + ": these may be messages that wait for them, which files do not tell";
}

std::string EvidenceWords::HeldBy() const {
  std::vector<std::pair<std::int64_t, std::string>> owners;
  for (const auto& [owner, held] : history_.owners) owners.emplace_back(held.value, OwnerWords(owner));
  if (owners.empty()) return {};
  std::sort(owners.rbegin(), owners.rend());
  std::string text = "held by " + owners.front().second;
  if (owners.size() > 1)
    text += " and " + FormatCount(static_cast<std::int64_t>(owners.size() - 1)) +
            (owners.size() == 2 ? " other" : " others");
  return text;
}

std::string EvidenceWords::MayGo() const {
  return "only what the newest stretch made is there, which may be on its way out; of older stretches nothing stayed";
}

std::string EvidenceWords::UpAndDown() const {
  return "up to " + Value(trend_.peak_value) + ", and back at " + Value(history_.held.back().value) + " (it began at " +
         Value(history_.held.front().value) + ")";
}

std::string EvidenceWords::Larger() const {
  return "no more " + std::string(history_.has_objects ? "objects" : "things") +
         " than before, and larger ones: from " + Value(history_.held.front().value) + " to " +
         Value(history_.held.back().value);
}

std::string EvidenceWords::Jumps() const {
  return "larger after " + FormatCount(static_cast<std::int64_t>(trend_.jumps.size())) + " of " +
         FormatCount(static_cast<std::int64_t>(trend_.stretches())) + " stretches, the last of them among these";
}

std::string EvidenceWords::SizeSince() const {
  const std::size_t since = trend_.jumps.empty() ? 0 : trend_.jumps.back() + 1;
  return "it has had that size for " + FormatCount(static_cast<std::int64_t>(trend_.stretches() - since)) + " of " +
         FormatCount(static_cast<std::int64_t>(trend_.stretches())) + " stretches";
}

std::string EvidenceWords::NotDueYet() const {
  const std::size_t until = trend_.jumps.back() + 1;
  const auto left = static_cast<std::int64_t>(2 * until - trend_.stretches());
  return "filled as before, it would next be full after " + FormatCount(left) +
         (left == 1 ? " more stretch" : " more stretches");
}

}  // namespace mqtrack::verdicts
