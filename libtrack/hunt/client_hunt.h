// The same measured rounds for a client program: a real broker, a proxy before it, and in each round one disturbance
// from which the client recovers.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "libtrack/disturb/disturbance.h"
#include "libtrack/hunt/hunt_result.h"
#include "libtrack/support/result.h"

namespace mqtrack::hunt {

struct ClientHuntOptions {
  std::vector<std::string> command;  // "{address}", "{host}" and "{port}" in it become where the proxy listens
  std::string upstream;              // a broker that runs; empty: mosquitto is started
  std::string log_dir;
  std::vector<std::string> only;
  std::int64_t rounds = 3;
  std::int64_t patience_seconds = 30;  // for the client to come back
  bool allow_remote = false;
  std::function<void(std::size_t done, std::size_t all, const std::string& name)> progress;
  std::function<bool()> is_interrupted;
};

/// The disturbances as operations, named "client.close-at-publish".
[[nodiscard]] const std::vector<Operation>& ClientCatalogue();

/// An operation of ClientCatalogue as a plan for `mqtrack disturb`; empty: `name` is none.
[[nodiscard]] std::string PlanOf(const std::string& name);

/// A client that ends is started again for the operations that follow. An error: no broker, a client that does not
/// connect or is not recorded, or no operation of such a name.
[[nodiscard]] support::Result<HuntResult> HuntClient(const ClientHuntOptions& options);

}  // namespace mqtrack::hunt
