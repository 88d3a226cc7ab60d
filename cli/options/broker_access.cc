#include "cli/options/broker_access.h"

#include <utility>

#include "cli/options/option_types.h"
#include "cli/targets/secrets.h"

namespace mqtrack::cli {

using support::Error;
using support::ErrorCode;
using support::Result;

void BrokerFiles::AddCertificate(CLI::App& app, const std::string& group) {
  AddText(app, "--cert", cert_file, "FILE", "This client's certificate")->group(group);
  AddText(app, "--key", key_file, "FILE", "Its key")->group(group);
}

Result<publish::MqttAccess> ReadBrokerAccess(publish::MqttUrl url, const BrokerFiles& files, const std::string& option,
                                             const Messages& messages) {
  publish::MqttAccess access;
  access.url = std::move(url);
  access.ca_file = files.ca_file;
  access.cert_file = files.cert_file;
  access.key_file = files.key_file;
  Result<std::string> password = ReadSecret("--password-file", files.password_file, "MQTRACK_MQTT_PASSWORD", messages);
  if (!password) return password.error();
  access.password = *std::move(password);
  if (!access.password.empty() && access.url.user.empty())
    return Error{ErrorCode::kBadInput, "a password needs a user: mqtt://user@host", option};
  const bool has_certificates = !files.ca_file.empty() || !files.cert_file.empty() || !files.key_file.empty();
  if (has_certificates && !access.url.tls)
    return Error{ErrorCode::kBadInput, "certificates are of no use without TLS; say mqtts://", option};
  if (files.cert_file.empty() != files.key_file.empty())
    return Error{ErrorCode::kBadInput, "each needs the other, and one is missing", "--cert and --key"};
  return access;
}

}  // namespace mqtrack::cli
