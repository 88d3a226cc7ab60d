// A broker that is asked for what it says of itself below $SYS, beside each snapshot of it. It is a second witness:
// where it says nothing, that is said once, and the snapshot is as good.
#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>

#include "cli/messages.h"
#include "cli/options/broker_access.h"
#include "libtrack/profile/profile.h"
#include "libtrack/support/result.h"

namespace mqtrack::cli {

/// Not thread-safe.
class BrokerWitness {
 public:
  /// --broker, --password-file, --cafile, --cert, --key.
  void AddTo(CLI::App& app);
  /// Reads the options and the files they name; nothing is asked yet. Without --broker nothing ever is.
  [[nodiscard]] support::Status Prepare(const Messages& messages);
  /// Asks, within a few seconds, and adds what is said to the facts of a snapshot that was just taken. What the broker
  /// makes for this client is gone again before the next one. One that told nothing at first is not asked again.
  void Ask(profile::Profile& profile, const Messages& messages);
  [[nodiscard]] bool IsWanted() const { return !url_.empty(); }

 private:
  std::string url_;
  BrokerFiles files_;
  std::optional<publish::MqttAccess> access_;
  bool has_told_ = false, has_failed_ = false;
};

}  // namespace mqtrack::cli
