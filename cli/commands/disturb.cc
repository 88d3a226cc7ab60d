#include <chrono>
#include <random>

#include "cli/command.h"
#include "cli/options/option_types.h"
#include "cli/targets/watching.h"
#include "libtrack/disturb/disturbance.h"
#include "libtrack/disturb/proxy.h"
#include "libtrack/mqtt/endpoint.h"
#include "libtrack/support/file.h"
#include "libtrack/support/units.h"
#include "libtrack/support/words.h"

namespace mqtrack::cli {
namespace {

using support::Error;
using support::ErrorCode;
using support::Result;
using support::Status;
using Clock = std::chrono::steady_clock;

class DisturbCommand final : public Command {
 public:
  HelpText Help() const override {
    return {
        "disturb --listen ADDRESS --upstream BROKER [PLAN] [options]",
        "Stands between clients and a broker and does to the clients what networks and brokers do: refuses them, ends "
        "connections before and after each packet, cuts packets in half, drops acknowledgements, stays silent, sends "
        "what "
        "nobody expected. Most leaks of clients are on the way back from that.\n\n"
        "PLAN is a file, or all, reconnect, traffic or unexpected. One disturbance at a time, and the next only when "
        "the "
        "client is connected again. mqtrack hunt --client does this and measures; docs/hunt.md describes the files.",
        {{"mqtrack disturb --listen :1884 --upstream :1883", "everything, in a random order, until ^C"},
         {"mqtrack disturb --listen :1884 --upstream :1883 reconnect --every 10s --seed 7", "refused and cut off"}},
        {{"0", "ended by ^C, or after --rounds"}, {"2", "wrong usage, or a plan that is none"}}};
  }

  void AddOptions(CLI::App& app) override {
    app.add_option("PLAN", plan_, "A file, or the name of a ready plan (default all)");
    const std::string where = "Where";
    AddText(app, "--listen", listen_, "ADDRESS", "Clients connect to this")->group(where);
    AddText(app, "--upstream", upstream_, "BROKER", "The broker that they mean")->group(where);
    app.add_flag("--allow-remote", allow_remote_, "Also between other machines")->group(where);
    AddText(app, "--cert", tls_.cert_file, "FILE", "What clients are shown, where --listen is mqtts:// or wss://")
        ->group(where);
    AddText(app, "--key", tls_.key_file, "FILE", "Its key")->group(where);
    AddText(app, "--cafile", tls_.ca_file, "FILE", "Whom to believe upstream (default: whoever answers)")->group(where);
    const std::string how = "Disturbing";
    AddText(app, "--every", every_, "TIME", "Leave a client alone for so long (default 5s)")->group(how);
    AddCount(app, "--rounds", rounds_, "End after so many disturbances; 0: never", 0)->group(how);
    AddCount(app, "--seed", seed_, "Of the order; 0: a new one, which is said", 0)->group(how);
  }

  Result<int> Run() override {
    const Result<std::vector<disturb::Disturbance>> plan = Plan();
    if (!plan) return plan.error();
    const Result<std::int64_t> every = support::ParseDuration(every_);
    if (!every) return Error{ErrorCode::kBadInput, "is no time; say 5s or 1m", "--every " + every_};
    const Result<mqtt::Endpoint> listen = Local(listen_, "--listen", "127.0.0.1:1884"),
                                 upstream = Local(upstream_, "--upstream", "127.0.0.1:1883");
    if (!listen) return listen.error();
    if (!upstream) return upstream.error();
    Result<std::unique_ptr<disturb::Proxy>> proxy = disturb::Proxy::Make(*listen, *upstream, tls_);
    if (!proxy) return proxy.error();
    const std::uint64_t seed = seed_ != 0 ? static_cast<std::uint64_t>(seed_) : std::random_device()();
    messages().Note("between " + listen->text + " and " + upstream->text + ", seed " + std::to_string(seed));
    const InterruptNoted noted;
    Disturb(**proxy, *plan, std::chrono::seconds(*every), seed);
    return kSuccess;
  }

 private:
  [[nodiscard]] Result<mqtt::Endpoint> Local(const std::string& address, const char* option,
                                             const char* example) const {
    if (address.empty())
      return Error{ErrorCode::kBadInput, std::string("is missing, as in: ") + option + " " + example, option};
    Result<mqtt::Endpoint> endpoint = mqtt::ParseEndpoint(address);
    if (!endpoint) return endpoint;
    if (const Status reach = mqtt::CheckReach(*endpoint, allow_remote_); !reach) return reach.error();
    return endpoint;
  }

  [[nodiscard]] Result<std::vector<disturb::Disturbance>> Plan() const {
    const std::string name = plan_.empty() ? "all" : plan_;
    std::vector<disturb::Disturbance> ready = disturb::ReadyPlan(name);
    if (!ready.empty()) return ready;
    const Result<std::string> text = support::ReadFile(name);
    if (!text && text.error().code != ErrorCode::kNotFound) return text.error();
    if (!text)
      return Error{ErrorCode::kNotFound, "is neither a file nor one of " + support::Join(disturb::ReadyPlanNames()),
                   name};
    return disturb::ParsePlan(*text, name);
  }

  void Disturb(disturb::Proxy& proxy, const std::vector<disturb::Disturbance>& plan, std::chrono::seconds every,
               std::uint64_t seed) const {
    constexpr int kPollMs = 20;
    constexpr std::chrono::seconds kPatience(10);
    std::mt19937_64 random(seed);
    std::int64_t done = 0;
    Clock::time_point since = Clock::now();
    const disturb::Disturbance* armed = nullptr;
    while (!InterruptNoted::IsInterrupted() && (rounds_ == 0 || done < rounds_)) {
      proxy.Poll(kPollMs);
      if (armed != nullptr && (proxy.is_spent() || Clock::now() - since > kPatience)) {
        if (!proxy.is_spent()) proxy.Disarm();
        if (proxy.has_recovered() || Clock::now() - since > kPatience) {
          messages().Note(armed->name +
                          (Clock::now() - since > kPatience ? ": did not come about, or nobody came back" : ""));
          ++done;
          armed = nullptr;
          since = Clock::now();
        }
      } else if (armed == nullptr && proxy.has_recovered() && Clock::now() - since >= every) {
        armed = &plan[random() % plan.size()];
        since = Clock::now();
        proxy.Arm(*armed);
      }
    }
  }

  std::string listen_, upstream_, plan_, every_ = "5s";
  std::int64_t rounds_ = 0, seed_ = 0;
  bool allow_remote_ = false;
  disturb::ProxyTls tls_;
};

}  // namespace

std::unique_ptr<Command> MakeDisturbCommand() { return std::make_unique<DisturbCommand>(); }

}  // namespace mqtrack::cli
