#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <thread>
#include <utility>

#include "cli/command.h"
#include "cli/options/interval.h"
#include "cli/options/option_types.h"
#include "cli/options/profile_options.h"
#include "cli/options/sending_options.h"
#include "cli/targets/recorded_services.h"
#include "cli/targets/secrets.h"
#include "cli/targets/state_folder.h"
#include "cli/targets/watching.h"
#include "libtrack/analysis/comparable.h"
#include "libtrack/push/push_queue.h"
#include "libtrack/snapshot/fetch.h"
#include "libtrack/snapshot/load_target.h"
#include "libtrack/support/units.h"
#include "libtrack/symbolize/name_cache.h"

namespace mqtrack::cli {
namespace {

using Clock = std::chrono::steady_clock;
using support::Error;
using support::ErrorCode;
using support::Result;
using support::Status;

bool IsLabelName(const std::string& name) {
  return !name.empty() && (name[0] < '0' || name[0] > '9') && std::all_of(name.begin(), name.end(), [](char c) {
    return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  });
}

class PushCommand final : public Command {
 public:
  HelpText Help() const override {
    return {
        "push [TARGET...] --to URL --store pyroscope|parca [--every 1m] [options]",
        "Sends snapshots of recorded processes and Go services to Pyroscope or Parca, again and again, for a fleet to "
        "be stored and asked there. Without TARGET, all recorded processes, also those that start later. What is "
        "alive is sent as a state, to be averaged over time; what was allocated as what came since the last "
        "snapshot, to be added up. Looking begins no generation.\n\n"
        "While the store is away, snapshots wait in a folder that never is larger than --spool-limit, and are sent, "
        "oldest first, when it is back, also by the next mqtrack push. It tries again after a second, at last every "
        "five minutes, or when the store says. ^C and SIGTERM leave what is not sent in the folder.\n\n"
        "Labels of samples are left out unless --keep-labels names them, since a store makes a series of each value. "
        "A token comes from --token-file or MQTRACK_PUSH_TOKEN, a password from --password-file or "
        "MQTRACK_PUSH_PASSWORD, never from the command line.",
        {{"mqtrack push --to http://pyroscope:4040 --store pyroscope", "all recorded processes, every minute"},
         {"mqtrack push mosquitto --to http://parca:7070 --store parca --label site=plant7", ""},
         {"mqtrack push --to https://profiles.example --store pyroscope --token-file /etc/mqtrack/token --once",
          "from cron"}},
        SendingOptions::Exits("sent", "not everything could be sent; what was not waits")};
  }

  void AddOptions(CLI::App& app) override {
    const std::string store = "The store";
    sending_.AddTo(app, {store, "Where it is, as http://host:4040", "Value of the label machine",
                         "Take and send one of each, and all that waits; then end", "1m"});
    AddChoice(app, "--store", store_, {"pyroscope", "parca"}, "KIND", "Which interface it has")
        ->required()
        ->group(store);
    AddText(app, "--token-file", token_file_, "FILE", "The bearer token is the first line of FILE")->group(store);
    AddText(app, "--user", user_, "NAME", "User of basic authorization")->group(store);
    AddText(app, "--tenant", tenant_, "ID", "Tenant of a store that has several (X-Scope-OrgID)")->group(store);
    AddTexts(app, "--label", labels_, "NAME=VALUE", "A label of everything that is sent; may be given again")
        ->group(store);
    AddList(app, "--keep-labels", kept_, "LABELS", "Keep these labels of samples, such as thread,mqtt_packet")
        ->group(store);
    const std::string spool = "While the store is away";
    AddText(app, "--spool", spool_, "DIR", "Where snapshots wait (default /var/lib/mqtrack/push, or below your home)")
        ->group(spool);
    AddSize(app, "--spool-limit", spool_limit_, "So many bytes at most (default 64MiB); the oldest go first")
        ->group(spool);
    loading_.AddTo(app);
  }

  Result<int> Run() override {
    const Result<std::chrono::seconds> every = sending_.Every();
    if (!every) return every.error();
    if (const Status fits = ReadOptions(); !fits) return fits.error();
    if (const Status known = CheckServices(sending_.targets, loading_.ForLooking().log_dir); !known)
      return known.error();
    Result<std::unique_ptr<push::Spool>> spool = push::Spool::Open(spool_, spool_limit_);
    if (!spool) return spool.error();
    const push::Store store = store_ == "parca" ? push::Store::kParca : push::Store::kPyroscope;
    push::PushQueue queue(store, sending_.to, credentials_, *std::move(spool));
    options_ = loading_.ForLooking();
    options_.tell_of_others = false;
    options_.symbols.known_names = std::make_shared<symbolize::NameCache>();
    const InterruptNoted noted;
    return sending_.once ? Once(queue) : Forever(queue, *every);
  }

 private:
  /// What was sent of a service before, and by when.
  struct Before {
    std::shared_ptr<const profile::Profile> profile;
    std::string problem;  // that was told of
  };

  Status ReadOptions() {
    const std::string& to = sending_.to;
    if (!snapshot::IsUrl(to) || to.find('@') != std::string::npos || to.find_first_of("?# \t\r\n") != std::string::npos)
      return Error{ErrorCode::kBadInput, "is no http(s) URL of a store, as http://host:4040 (without user or query)",
                   "--to"};
    Result<std::string> token = ReadSecret("--token-file", token_file_, "MQTRACK_PUSH_TOKEN", messages());
    if (!token) return token.error();
    Result<std::string> password =
        ReadSecret("--password-file", sending_.password_file, "MQTRACK_PUSH_PASSWORD", messages());
    if (!password) return password.error();
    credentials_ = {*std::move(token), user_, *std::move(password), tenant_, sending_.ca_file};
    if (!credentials_.token.empty() && !user_.empty())
      return Error{ErrorCode::kBadInput, "a token and a user exclude each other", "--user"};
    if (tenant_.find_first_of("\r\n") != std::string::npos)
      return Error{ErrorCode::kBadInput, "is more than one line", "--tenant"};
    const bool secret = !credentials_.token.empty() || !user_.empty();
    if (secret && to.starts_with("http://") && to.find("//127.") == std::string::npos &&
        to.find("//localhost") == std::string::npos)
      messages().Warn("the secret goes over the network unencrypted; use https");
    own_labels_["machine"] = sending_.Machine();
    for (const std::string& label : labels_) {
      const std::size_t equals = label.find('=');
      if (equals == std::string::npos || !IsLabelName(label.substr(0, equals)) || label.starts_with("__"))
        return Error{ErrorCode::kBadInput, "is not of the form NAME=VALUE, with a name of letters, digits and _",
                     "--label " + label};
      own_labels_[label.substr(0, equals)] = label.substr(equals + 1);
    }
    if (spool_.empty()) {
      Result<std::string> usual = StateFolder("push", "--spool");
      if (!usual) return usual.error();
      spool_ = *std::move(usual);
    }
    constexpr std::int64_t kLeast = 65536;
    if (spool_limit_ < kLeast) return Error{ErrorCode::kBadInput, "is less than 64KiB", "--spool-limit"};
    return {};
  }

  [[nodiscard]] std::vector<NamedService> Services() {
    if (sending_.targets.empty()) {
      Result<std::vector<NamedService>> all = AllRecordedServices(options_.log_dir);
      if (all) return *std::move(all);
      messages().Warn(all.error().ToString());
      return {};
    }
    std::vector<NamedService> services;
    for (const std::string& target : sending_.targets) services.push_back({"", target});
    return services;
  }

  struct Looked {
    std::size_t services = 0, taken = 0;
  };

  /// Takes a snapshot of each service and hands it to the queue.
  Looked TakeAll(push::PushQueue& queue) {
    std::map<std::string, Before> before;
    Looked looked;
    for (const NamedService& service : Services()) {
      ++looked.services;
      Before& of = before[service.target] = std::move(before_[service.target]);
      symbolize::ForgetIfTooMany(*options_.symbols.known_names);
      Result<profile::Profile> profile = snapshot::LoadTarget(service.target, options_);
      if (!profile) {
        const std::string problem = profile.error().ToString();
        if (std::exchange(of.problem, problem) != problem) messages().Warn(problem);
        continue;
      }
      of.problem.clear();
      ++looked.taken;
      Push(service, std::make_shared<const profile::Profile>(*std::move(profile)), of, queue);
      if (InterruptNoted::IsInterrupted()) break;
    }
    before_ = std::move(before);  // of those that are gone nothing is kept
    return looked;
  }

  void Push(const NamedService& service, std::shared_ptr<const profile::Profile> profile, Before& before,
            push::PushQueue& queue) {
    const analysis::Side side = analysis::DescribeSide(*profile);
    const bool follows =
        before.profile != nullptr && analysis::WhyNotComparable(analysis::DescribeSide(*before.profile), side).empty();
    Result<std::vector<push::PushPart>> parts =
        push::MakeParts(*profile, follows ? before.profile.get() : nullptr, kept_);
    before.profile = std::move(profile);
    if (!parts) {
      messages().Warn(service.target + ": " + parts.error().ToString());
      return;
    }
    for (push::PushPart& part : *parts) {
      part.service = !service.name.empty() ? service.name : !side.program.empty() ? side.program : service.target;
      part.labels = own_labels_;
      queue.Add(part);
    }
  }

  Result<int> Once(push::PushQueue& queue) {
    // What waits goes first: it makes room.
    const bool had_some = queue.spool().count() != 0;
    while (queue.SendOne()) {
    }
    const Looked looked = TakeAll(queue);
    if (looked.taken == 0 && !had_some)
      return Error{ErrorCode::kCannotMeasure,
                   looked.services == 0 ? "nothing is recorded here; start one with: mqtrack run -- COMMAND"
                                        : "no snapshot could be taken, so nothing was sent",
                   "push"};
    while (queue.SendOne()) {
    }
    if (queue.spool().count() == 0 && queue.given_up() == 0) return kSuccess;
    const std::string reasons = queue.Reasons();
    return Error{ErrorCode::kSystem,
                 (reasons.empty() ? "some could not be kept" : reasons) + "; " +
                     support::FormatCount(static_cast<std::int64_t>(queue.spool().count())) + " wait in " + spool_ +
                     ", " + support::FormatCount(queue.given_up()) + " are given up",
                 sending_.to};
  }

  Result<int> Forever(push::PushQueue& queue, std::chrono::seconds every) {
    Clock::time_point next{};
    while (!InterruptNoted::IsInterrupted()) {
      if (Clock::now() >= next) {
        const Clock::time_point begin = Clock::now();
        TakeAll(queue);
        Tell(queue);
        next = begin + Pace(every, Clock::now() - begin);
      }
      const bool sent = queue.SendOne();
      Tell(queue);
      if (sent) continue;
      const Clock::time_point due = queue.spool().count() == 0 ? next : std::min(next, queue.next_try());
      const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(due - Clock::now());
      std::this_thread::sleep_for(std::clamp(left, std::chrono::milliseconds(10), std::chrono::milliseconds(500)));
    }
    return kSuccess;
  }

  /// Each problem once, and that it is over; what is lost, whenever it is more.
  void Tell(const push::PushQueue& queue) {
    if (queue.given_up() > told_lost_) {
      told_lost_ = queue.given_up();
      messages().Warn(support::FormatCount(told_lost_) + " snapshots are lost so far: " + queue.WhyGivenUp());
    }
    if (queue.problem() == told_) return;
    told_ = queue.problem();
    if (told_.empty()) {
      messages().Note("sending to " + sending_.to);
    } else {
      messages().Warn(sending_.to + ": " + told_ + "; snapshots wait in " + spool_);
    }
  }

  SendingOptions sending_;
  std::vector<std::string> labels_, kept_;
  std::string store_, token_file_, user_, tenant_, spool_;
  std::int64_t spool_limit_ = std::int64_t{64} << 20, told_lost_ = 0;
  std::string told_;
  push::Credentials credentials_;
  std::map<std::string, std::string> own_labels_;
  std::map<std::string, Before> before_;  // by target
  LoadOptions loading_;
  snapshot::Options options_;
};

}  // namespace

std::unique_ptr<Command> MakePushCommand() { return std::make_unique<PushCommand>(); }

}  // namespace mqtrack::cli
