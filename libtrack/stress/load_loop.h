// Plays a scenario from one thread: an open loop, in which each action has its moment and none waits for the answer to
// another.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "libtrack/mqtt/endpoint.h"
#include "libtrack/mqtt/tls_context.h"
#include "libtrack/stress/scenario.h"
#include "libtrack/stress/stress_result.h"
#include "libtrack/support/result.h"

namespace mqtrack::stress {

struct LoadOptions {
  mqtt::Endpoint endpoint;
  std::shared_ptr<mqtt::TlsContext> tls;
  double patience_seconds = 30;                  // for answers, after a stage's last action
  std::function<std::optional<Holding>()> look;  // at a recorded broker, before and after each stage; may be empty
  std::function<void(const StageResult&)> stage_ended;
  std::function<void(const StageResult& so_far)> progress;  // about once a second
  std::function<bool()> is_interrupted;
};

/// An error: descriptors do not suffice, or nobody listens there. What fails later is counted.
[[nodiscard]] support::Result<StressResult> PlayScenario(const Scenario& scenario, const LoadOptions& options);

}  // namespace mqtrack::stress
