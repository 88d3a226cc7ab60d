// Growth that goes up and down with what a broker has to hold is state.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "libtrack/analysis/workload/broker_state.h"

namespace mqtrack::verdicts {

/// A figure of the balance of a broker's state, and how `counts` follow it.
struct StateFit {
  std::string what;                  // "retained messages"; empty: none fits
  std::int64_t first = 0, last = 0;  // of the figure
  double each = 0;                   // things for each
};

/// The figure of `states` which `counts` (as many) follow: so many things for each, in every stretch, and growth that
/// both have. Incomplete figures count: they lack what nobody saw, and what is seen still explains what follows it.
/// `cause`: the type of packets that was handled whenever a thing was made, "" of several: what a PUBLISH makes follows
/// messages, and not sessions that happen to become more as well.
[[nodiscard]] StateFit FindStateFit(const std::vector<analysis::BrokerState>& states,
                                    const std::vector<std::int64_t>& counts, const std::string& cause);

/// The same of one figure, called `what`, of which `figure` has the values (as many as `counts`).
[[nodiscard]] StateFit FitFigure(const std::string& what, const std::vector<std::int64_t>& figure,
                                 const std::vector<std::int64_t>& counts);

/// Where it is known only from when to when: the figure of which `growth` is a whole number for each that came, nearly.
[[nodiscard]] StateFit FindStateOfAll(const analysis::BrokerState& before, const analysis::BrokerState& now,
                                      std::int64_t growth, const std::string& cause);

}  // namespace mqtrack::verdicts
