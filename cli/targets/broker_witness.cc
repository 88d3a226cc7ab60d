#include "cli/targets/broker_witness.h"

#include <chrono>

#include "cli/options/option_types.h"
#include "libtrack/analysis/workload/sys_figures.h"
#include "libtrack/publish/retained_reader.h"

namespace mqtrack::cli {
namespace {

constexpr char kOption[] = "--broker";
constexpr char kGoesOn[] = "; going on without what it says of itself";

/// What it says of itself; where it says nothing, why not.
support::Result<analysis::SysFigures> AskBroker(const publish::MqttAccess& access) {
  constexpr std::chrono::seconds kPatience{5};
  const auto texts = publish::ReadRetained(access, analysis::SysTopics(), kPatience);
  if (!texts) return texts.error();
  const analysis::SysFigures figures = analysis::ParseSysFigures(*texts);
  if (figures.is_known) return figures;
  return support::Error{support::ErrorCode::kSystem,
                        "the broker has no figures below $SYS for this client: its sys_interval is 0, an access list "
                        "hides them, or it began a moment ago",
                        {}};
}

}  // namespace

void BrokerWitness::AddTo(CLI::App& app) {
  const std::string group = "The broker's own figures";
  AddText(app, kOption, url_, "URL",
          "Also ask the broker for its figures below $SYS: mqtt://[user@]host[:port], mqtts:// for TLS, unix:/path")
      ->group(group);
  AddText(app, "--password-file", files_.password_file, "FILE", "The password is the first line of FILE")->group(group);
  AddText(app, "--cafile", files_.ca_file, "FILE", "Trust the certificates in FILE (default: those of the system)")
      ->group(group);
  files_.AddCertificate(app, group);
}

support::Status BrokerWitness::Prepare(const Messages& messages) {
  if (url_.empty()) {
    const bool is_of_no_use = !files_.password_file.empty() || !files_.ca_file.empty() || !files_.cert_file.empty() ||
                              !files_.key_file.empty();
    if (!is_of_no_use) return {};
    return support::Error{support::ErrorCode::kBadInput, "is missing: without it nobody is asked", kOption};
  }
  support::Result<publish::MqttUrl> url = publish::ParseBrokerUrl(url_, kOption);
  if (!url) return url.error();
  support::Result<publish::MqttAccess> access = ReadBrokerAccess(*std::move(url), files_, kOption, messages);
  if (!access) return access.error();
  access_ = *std::move(access);
  return {};
}

void BrokerWitness::Ask(profile::Profile& profile, const Messages& messages) {
  if (!access_ || (has_failed_ && !has_told_)) return;
  const support::Result<analysis::SysFigures> figures = AskBroker(*access_);
  if (figures) {
    has_told_ = true;
    analysis::AddSysFigures(*figures, profile);
    return;
  }
  if (!has_failed_) messages.Warn(url_ + ": " + figures.error().ToString() + kGoesOn);
  has_failed_ = true;
}

}  // namespace mqtrack::cli
