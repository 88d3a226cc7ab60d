// What a broker has to hold, in words and as fields: retained messages, sessions, subscriptions, messages under way.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "libtrack/analysis/sites.h"

namespace mqtrack::reports {

/// "retained 500 (+500), sessions 50 of which 40 offline, subscriptions 12": of a comparison with what changed. Empty
/// of what is no broker.
[[nodiscard]] std::string StateSentence(const analysis::SiteTable& table);

/// The same of two moments; without changes where `before` is not known.
[[nodiscard]] std::string StateWords(const analysis::BrokerState& now, const analysis::BrokerState& before);

/// What the figures lack, in words.
[[nodiscard]] std::string GapWords(const analysis::BrokerState& state);

/// The same as fields; null of what is no broker.
[[nodiscard]] nlohmann::ordered_json StateJson(const analysis::SiteTable& table);

}  // namespace mqtrack::reports
