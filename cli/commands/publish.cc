#include <algorithm>
#include <chrono>
#include <memory>
#include <set>
#include <utility>

#include "cli/command.h"
#include "cli/options/broker_access.h"
#include "cli/options/interval.h"
#include "cli/options/option_types.h"
#include "cli/options/profile_options.h"
#include "cli/options/sending_options.h"
#include "cli/targets/service_figures.h"
#include "cli/targets/watching.h"
#include "libtrack/publish/mqtt_publisher.h"

namespace mqtrack::cli {
namespace {

using Clock = std::chrono::steady_clock;
using support::Error;
using support::ErrorCode;
using support::Result;

class PublishCommand final : public Command {
 public:
  HelpText Help() const override {
    return {
        "publish [TARGET...] --to URL [--every 30s] [--once] [options]",
        "Publishes the figures of recorded processes and Go services by MQTT, so that a gateway behind NAT reports "
        "through the broker that it has anyway: PREFIX/MACHINE/SERVICE holds the figures of mqtrack metrics as JSON, "
        "PREFIX/MACHINE/status says online or, by a last will, offline. All of it is retained. Without TARGET, all "
        "recorded processes, also those that start later; of one whose log is gone the message is taken away.\n\n"
        "While the broker is away it tries again, at first after a second and at last every minute, and nothing is "
        "queued: the newest figures are sent when it is back. ^C and SIGTERM say offline and leave.\n\n"
        "A password comes from --password-file or from MQTRACK_MQTT_PASSWORD, never from the command line.",
        {{"mqtrack publish --to mqtt://broker.example", "all recorded processes, below mqtrack/"},
         {"mqtrack publish mosquitto --to mqtt://127.0.0.1:1883/plant/7 --every 1m", "through itself"},
         {"mqtrack publish --to mqtts://gw7@broker.example --password-file /etc/mqtrack/mqtt --once", "from cron"}},
        SendingOptions::Exits("published", "the broker cannot be reached, refuses, or does not confirm")};
  }

  void AddOptions(CLI::App& app) override {
    const std::string broker = "The broker";
    sending_.AddTo(app, {broker, "mqtt://[user@]host[:port][/prefix], or mqtts:// for TLS",
                         "What this machine is called in topics",
                         "Publish once, and end when the broker has confirmed it (30 s at most)", "30s"});
    files_.AddCertificate(app, broker);
    AddCount(app, "--sites", sites_, "Also tell live bytes of the N biggest functions, which reads symbols", 0, 100)
        ->type_name("N")
        ->group("Output");
    loading_.AddTo(app);
  }

  Result<int> Run() override {
    const Result<std::chrono::seconds> every = sending_.Every();
    if (!every) return every.error();
    const Result<publish::MqttOptions> options = Broker();
    if (!options) return options.error();
    ServiceFigures services(sending_.targets, {loading_.ForLooking(), static_cast<std::size_t>(sites_)});
    if (const support::Status known = services.Check(); !known) return known.error();
    Result<std::unique_ptr<publish::MqttPublisher>> publisher = publish::MqttPublisher::Make(*options);
    if (!publisher) return publisher.error();
    const InterruptNoted noted;
    return sending_.once ? Once(services, **publisher) : Forever(services, **publisher, *every);
  }

 private:
  [[nodiscard]] Result<publish::MqttOptions> Broker() const {
    Result<publish::MqttUrl> url = publish::ParseMqttUrl(sending_.to);
    if (!url) return url.error();
    BrokerFiles files = files_;
    files.password_file = sending_.password_file;
    files.ca_file = sending_.ca_file;
    Result<publish::MqttAccess> access = ReadBrokerAccess(*std::move(url), files, "--to", messages());
    if (!access) return access.error();
    publish::MqttOptions options{*std::move(access), sending_.Machine()};
    return options;
  }

  /// The newest figures of all services; those of a service that is gone are taken away.
  void Refresh(ServiceFigures& services, publish::MqttPublisher& publisher) {
    std::set<std::string> now;
    for (const auto& [name, message] : services.Read(messages())) {
      const std::string level = publish::TopicLevel(name);
      now.insert(level);
      publisher.Set(level, message);
    }
    for (const std::string& level : published_) {
      if (now.count(level) == 0) publisher.Set(level, "");
    }
    published_ = std::move(now);
  }

  Result<int> Once(ServiceFigures& services, publish::MqttPublisher& publisher) {
    constexpr std::chrono::seconds kPatience{30};
    constexpr std::chrono::milliseconds kStep{100};
    Refresh(services, publisher);
    if (published_.empty())
      return Error{ErrorCode::kCannotMeasure, "nothing is recorded here; start one with: mqtrack run -- COMMAND",
                   "publish"};
    const Clock::time_point deadline = Clock::now() + kPatience;
    while (!publisher.IsAllSent() && Clock::now() < deadline && !InterruptNoted::IsInterrupted()) {
      publisher.Run(kStep);
      if (publisher.state() == publish::MqttPublisher::State::kRefused)
        return Error{ErrorCode::kBadInput, publisher.problem(), sending_.to};
    }
    if (!publisher.IsAllSent()) {
      const std::string why = publisher.problem().empty() ? "the broker did not confirm it" : publisher.problem();
      return Error{ErrorCode::kSystem, why + "; nobody can say what of it arrived", sending_.to};
    }
    publisher.Leave(kStep * 20);
    return kSuccess;
  }

  Result<int> Forever(ServiceFigures& services, publish::MqttPublisher& publisher, std::chrono::seconds every) {
    constexpr std::chrono::milliseconds kStep{500};
    Clock::time_point next{};
    std::string said;
    while (!InterruptNoted::IsInterrupted()) {
      if (Clock::now() >= next) {
        const Clock::time_point begin = Clock::now();
        Refresh(services, publisher);
        next = begin + Pace(every, Clock::now() - begin);
      }
      publisher.Run(kStep);
      Tell(publisher, said);
    }
    publisher.Leave(kStep * 4);
    return kSuccess;
  }

  /// Each problem once, and that it is over.
  void Tell(const publish::MqttPublisher& publisher, std::string& said) const {
    const std::string& problem = publisher.problem();
    if (problem == said || publisher.state() == publish::MqttPublisher::State::kNew) return;
    if (problem.empty()) {
      messages().Note("publishing to " + sending_.to);
    } else {
      messages().Warn(sending_.to + ": " + problem + "; trying again");
    }
    said = problem;
  }

  SendingOptions sending_;
  BrokerFiles files_;
  std::int64_t sites_ = 0;
  std::set<std::string> published_;
  LoadOptions loading_;
};

}  // namespace

std::unique_ptr<Command> MakePublishCommand() { return std::make_unique<PublishCommand>(); }

}  // namespace mqtrack::cli
