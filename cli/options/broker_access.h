// How a broker is reached, from what several verbs are given.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "cli/messages.h"
#include "libtrack/publish/mqtt_client.h"
#include "libtrack/support/result.h"

namespace mqtrack::cli {

/// Files that name and prove this client, and the broker.
struct BrokerFiles {
  std::string password_file, ca_file, cert_file, key_file;

  /// --cert and --key, in this group of options.
  void AddCertificate(CLI::App& app, const std::string& group);
};

/// The broker at `url`, which the option `option` named, with what is in the files and in MQTRACK_MQTT_PASSWORD.
/// Errors: files without a use, or that cannot be read; a password without a user.
[[nodiscard]] support::Result<publish::MqttAccess> ReadBrokerAccess(publish::MqttUrl url, const BrokerFiles& files,
                                                                    const std::string& option,
                                                                    const Messages& messages);

}  // namespace mqtrack::cli
