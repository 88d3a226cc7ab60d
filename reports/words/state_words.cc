#include "reports/words/state_words.h"

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>

#include "libtrack/support/units.h"

namespace mqtrack::reports {
namespace {

using analysis::BrokerState;
using Figure = std::int64_t BrokerState::*;

struct Gap {
  const char* gap;
  const char* words;
};
constexpr Gap kGaps[] = {{"attached", "what was there before the attach"},
                         {"websockets", "clients with WebSockets"},
                         {"tls", "clients with a TLS library that is not followed"},
                         {"many_sessions", "more sessions than are counted"},
                         {"many_subscriptions", "more subscriptions than are counted"},
                         {"many_retained", "more retained messages than are counted"},
                         {"many_unacknowledged", "more messages under way than are counted"},
                         {"lost_connections", "clients that could not be followed"},
                         {"unseen_writes", "answers that were not seen"},
                         {"aliases", "topics that were said by a forgotten alias"},
                         {"bridges", "what comes over a bridge"},
                         {"earlier_clients", "clients of before this recording"},
                         {"stored_sessions", "what the broker had stored before it was started"},
                         {"refusals", "what was refused after it had been counted"},
                         {"expiry", "what expires at a time that only the broker knows"}};

std::string WordsOf(const std::string& gap) {
  const auto* known = std::find_if(std::begin(kGaps), std::end(kGaps), [&](const Gap& row) { return gap == row.gap; });
  return known != std::end(kGaps) ? known->words : gap;
}

/// What is said of one table: the figures now, and what they were before.
class Sentence {
 public:
  Sentence(const BrokerState& now, const BrokerState& before, bool is_diff)
      : now_(now), before_(before), shows_change_(is_diff && before.is_known) {}

  std::string Text() {
    AddRetained();
    if (Matters(&BrokerState::sessions)) {
      std::string text = "sessions " + Value(&BrokerState::sessions);
      if (Matters(&BrokerState::offline_sessions))
        text += " of which " + Value(&BrokerState::offline_sessions) + " offline";
      Add(text);
    }
    AddIfAny("subscriptions", &BrokerState::subscriptions);
    AddIfAny("messages not acknowledged", &BrokerState::unacknowledged_out);
    AddIfAny("messages half received", &BrokerState::half_open_in);
    AddIfAny("wills", &BrokerState::wills);
    if (text_.empty()) text_ = "no sessions, nothing retained";
    AddGaps();
    return text_;
  }

 private:
  [[nodiscard]] std::int64_t Change(Figure figure) const { return now_.*figure - before_.*figure; }
  [[nodiscard]] bool Matters(Figure figure) const {
    return now_.*figure != 0 || (shows_change_ && Change(figure) != 0);
  }
  /// "500 (+20)"
  [[nodiscard]] std::string Value(Figure figure) const {
    std::string text = support::FormatCount(now_.*figure);
    if (shows_change_ && Change(figure) != 0) text += " (" + support::FormatSignedCount(Change(figure)) + ")";
    return text;
  }
  void Add(const std::string& text) { text_ += (text_.empty() ? "" : ", ") + text; }
  void AddIfAny(const std::string& name, Figure figure) {
    if (Matters(figure)) Add(name + " " + Value(figure));
  }

  /// Topics that were set and cleared again are no state, and may well have left something behind.
  void AddRetained() {
    const std::int64_t change = shows_change_ ? Change(&BrokerState::retained) : now_.retained;
    const std::int64_t set = shows_change_ ? Change(&BrokerState::retained_set) : now_.retained_set;
    const std::int64_t cleared = shows_change_ ? Change(&BrokerState::retained_cleared) : now_.retained_cleared;
    const bool is_told_by_change = cleared == 0 && set == change;
    if (!Matters(&BrokerState::retained) && is_told_by_change) return;
    std::string text = "retained " + support::FormatCount(now_.retained), beside;
    if (shows_change_ && change != 0) beside = support::FormatSignedCount(change);
    if (!is_told_by_change) {
      beside += (beside.empty() ? "" : "; ") + support::FormatCount(set) + " set, " + support::FormatCount(cleared) +
                " cleared";
    }
    Add(beside.empty() ? text : text + " (" + beside + ")");
  }

  void AddGaps() {
    if (!now_.is_complete) text_ += "; not counted: " + GapWords(now_);
  }

  const BrokerState& now_;
  const BrokerState& before_;
  bool shows_change_;
  std::string text_;
};

BrokerState BeforeOf(const analysis::SiteTable& table) {
  return table.is_diff ? analysis::StateBefore(table.base.broker, table.base.work) : BrokerState();
}

}  // namespace

std::string GapWords(const BrokerState& state) {
  std::string list;
  for (const std::string& gap : state.gaps) list += (list.empty() ? "" : ", ") + WordsOf(gap);
  return list;
}

std::string StateSentence(const analysis::SiteTable& table) {
  const BrokerState& now = table.newer.broker;
  if (!now.is_known) return {};
  return StateWords(now, BeforeOf(table));
}

std::string StateWords(const BrokerState& now, const BrokerState& before) {
  return now.is_known ? Sentence(now, before, before.is_known).Text() : std::string();
}

nlohmann::ordered_json StateJson(const analysis::SiteTable& table) {
  const BrokerState& now = table.newer.broker;
  if (!now.is_known) return {};
  const BrokerState before = BeforeOf(table);
  nlohmann::ordered_json json = {{"complete", now.is_complete}, {"gaps", now.gaps}};
  for (const analysis::BrokerFigure& row : analysis::kBrokerFigures) {
    if (before.is_known) json["base_" + std::string(row.name)] = before.*row.value;
    json[std::string(row.name)] = now.*row.value;
  }
  return json;
}

}  // namespace mqtrack::reports
