#include "libtrack/snapshot/asked_facts.h"

#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "libtrack/log/client_hash.h"
#include "libtrack/profile/fact.h"

namespace mqtrack::snapshot {
namespace {

using log::AskedFilters;
using log::LabelKey;
using log::LabelPairs;

constexpr std::size_t kMostFilters = 300, kMostNames = 3, kMostStalled = 200;

std::string TextOf(const LabelPairs& pairs, LabelKey key) {
  for (const auto& [known, text] : pairs) {
    if (known == key) return text;
  }
  return {};
}

/// Who has asked for one filter.
struct Askers {
  std::set<std::string> away, stalled;
  std::int64_t connected = 0;  // and take what comes
};

class Asked {
 public:
  Asked(const log::LogContent& content, const std::set<std::uint64_t>& stalled) : content_(content) {
    for (const auto& [id, pairs] : content.label_sets) sets_.emplace(static_cast<std::uint32_t>(id), &pairs);
    for (const log::LiveEntry& entry : content.live) {
      if (entry.kind != log::Kind::kDescriptor) continue;
      const auto found = sets_.find(static_cast<std::uint32_t>(entry.labels));
      if (found == sets_.end()) continue;
      std::string client = TextOf(*found->second, LabelKey::kMqttClient);
      if (client.empty()) continue;
      if (stalled.contains(entry.handle)) stalled_.insert(client);
      connected_.insert(std::move(client));
    }
    ReadFilters();
  }

  void AddTo(profile::Profile& profile) const {
    std::size_t added = 0;
    for (const auto& [filter, askers] : filters_) {
      if (++added > kMostFilters) break;
      std::string text = profile::AsWord(filter) + " away=" + std::to_string(askers.away.size()) +
                         " stalled=" + std::to_string(askers.stalled.size()) +
                         " connected=" + std::to_string(askers.connected);
      std::size_t names = 0;
      for (const std::set<std::string>* who : {&askers.away, &askers.stalled}) {
        for (const std::string& name : *who) {
          if (names++ < kMostNames) text += " " + profile::AsWord(name);
        }
      }
      AddFact(profile, profile::kMqttAskedFact, text);
    }
    std::string names;
    std::size_t stalled = 0;
    for (const std::string& name : stalled_) {
      if (++stalled <= kMostStalled) names += (names.empty() ? "" : " ") + profile::AsWord(name);
    }
    if (!names.empty()) AddFact(profile, profile::kMqttStalledFact, names);
    if (IsAll() && added <= kMostFilters) AddFact(profile, profile::kMqttAskedAllFact, "1");
  }

 private:
  void ReadFilters() {
    std::set<std::pair<std::string, std::string>> ended;
    ForEach("UNSUBSCRIBE",
            [&](const std::string& client, const std::string& filter) { ended.emplace(client, filter); });
    ForEach("SUBSCRIBE", [&](const std::string& client, const std::string& filter) {
      if (client.empty() || filter.starts_with('(')) has_unnamed_ = true;
      if (ended.contains({client, filter})) {
        has_unnamed_ = true;  // or it has asked for it again
        return;
      }
      if (connected_.contains(client)) {
        if (stalled_.contains(client))
          filters_[filter].stalled.insert(client);
        else
          ++filters_[filter].connected;
      } else if (IsAway(client)) {
        away_.insert(client);
        filters_[filter].away.insert(client);
      }
    });
  }

  template <typename Body>
  void ForEach(std::string_view packet, const Body& body) const {
    for (const std::uint32_t id : content_.asked.sets) {
      const auto found = sets_.find(id);
      if (id == 0 || found == sets_.end() || TextOf(*found->second, LabelKey::kMqttPacket) != packet) continue;
      body(TextOf(*found->second, LabelKey::kMqttClient), TextOf(*found->second, LabelKey::kMqttTopic));
    }
  }

  [[nodiscard]] std::int64_t Offline() const {
    return static_cast<std::int64_t>(content_.facts.broker.of[static_cast<std::size_t>(log::BrokerFigure::kOffline)]);
  }
  /// Of very many, each place holds some, which says nothing.
  [[nodiscard]] bool TellsWhoIsAway() const { return Offline() <= AskedFilters::kPlaces / 8; }
  [[nodiscard]] bool IsAway(const std::string& client) const {
    return TellsWhoIsAway() && content_.asked.away[AskedFilters::PlaceOf(log::HashOfId(client))] != 0;
  }

  /// Nobody waits whom these facts do not name.
  [[nodiscard]] bool IsAll() const {
    return !has_unnamed_ && content_.asked.unnamed == 0 && content_.asked.count <= AskedFilters::kMostSets &&
           TellsWhoIsAway() && std::cmp_greater_equal(away_.size(), Offline());
  }

  const log::LogContent& content_;
  std::unordered_map<std::uint32_t, const LabelPairs*> sets_;
  std::set<std::string> connected_, stalled_, away_;
  std::map<std::string, Askers> filters_;
  bool has_unnamed_ = false;
};

}  // namespace

void AddAskedFacts(profile::Profile& profile, const log::LogContent& content, const std::set<std::uint64_t>& stalled) {
  if (content.facts.broker.is_broker != 0) Asked(content, stalled).AddTo(profile);
}

}  // namespace mqtrack::snapshot
