#include "libtrack/hunt/client_hunt.h"

#include <netinet/in.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "libtrack/disturb/proxy.h"
#include "libtrack/hunt/catalogue.h"
#include "libtrack/hunt/hunted_broker.h"
#include "libtrack/hunt/named_growth.h"
#include "libtrack/hunt/started_program.h"
#include "libtrack/support/plural.h"

namespace mqtrack::hunt {
namespace {

using disturb::Disturbance;
using disturb::Proxy;
using support::Error;
using support::ErrorCode;
using support::Result;
using support::Status;
using Clock = std::chrono::steady_clock;

constexpr char kWho[] = "hunt --client";
constexpr std::int64_t kWarmUp = 2;
constexpr std::chrono::milliseconds kLook(2);
/// Until a client that is connected is recorded, and until one that has ended is not connected.
constexpr std::chrono::seconds kStarts(30);
/// A packet that a client has not sent in so long, it does not send.
constexpr std::chrono::seconds kTrafficPatience(10);

const std::vector<Disturbance>& Disturbances() {
  static const std::vector<Disturbance> all = disturb::ReadyPlan("all");
  return all;
}

/// Keeps the proxy going while the hunt looks at the client, which must not lose its connection meanwhile.
class ProxyThread {
 public:
  explicit ProxyThread(Proxy& proxy) : proxy_(proxy), thread_([this] { Run(); }) {}
  ~ProxyThread() {
    is_over_ = true;
    thread_.join();
  }
  ProxyThread(const ProxyThread&) = delete;
  ProxyThread& operator=(const ProxyThread&) = delete;
  void Arm(const Disturbance& disturbance) {
    const std::lock_guard lock(mutex_);
    proxy_.Arm(disturbance);
  }
  void Disarm() {
    const std::lock_guard lock(mutex_);
    proxy_.Disarm();
  }
  [[nodiscard]] bool is_spent() {
    const std::lock_guard lock(mutex_);
    return proxy_.is_spent();
  }
  [[nodiscard]] disturb::ProxyCounts counts() {
    const std::lock_guard lock(mutex_);
    return proxy_.counts();
  }
  [[nodiscard]] bool has_recovered() {
    const std::lock_guard lock(mutex_);
    return proxy_.has_recovered();
  }

 private:
  void Run() {
    while (!is_over_) {
      {
        const std::lock_guard lock(mutex_);
        proxy_.Poll(1);
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }
  Proxy& proxy_;
  std::mutex mutex_;
  std::atomic<bool> is_over_{false};
  std::thread thread_;
};

/// The command with the marks in it replaced by where the proxy listens.
Result<std::vector<std::string>> CommandAt(std::vector<std::string> command, std::uint16_t port) {
  const std::pair<const char*, std::string> marks[] = {
      {"{address}", "127.0.0.1:" + std::to_string(port)}, {"{host}", "127.0.0.1"}, {"{port}", std::to_string(port)}};
  bool is_told = false;
  for (std::string& word : command) {
    for (const auto& [mark, value] : marks) {
      for (std::size_t at = 0; (at = word.find(mark, at)) != std::string::npos; is_told = true)
        word.replace(at, std::string(mark).size(), value);
    }
  }
  if (is_told) return command;
  return Error{ErrorCode::kBadInput,
               "say in the command where the broker is: {address}, or {host} and {port}, is replaced", kWho};
}

/// Has a client, and another one when that has ended.
class ClientHunter {
 public:
  ClientHunter(const ClientHuntOptions& options, std::vector<std::string> command, ProxyThread& proxy)
      : options_(options), command_(std::move(command)), proxy_(proxy) {}

  /// Starts a client, and waits until it is connected and recorded.
  Status Start() {
    client_ = std::make_unique<StartedProgram>();
    if (Status made = client_->MakeFolder(); !made) return made;
    known_ = proxy_.counts();  // before the client may have connected
    if (Status started = client_->Start(command_, options_.log_dir, kWho, false); !started) return started;
    if (Status connected = AwaitFirst(); !connected) return connected;
    Result<process::RecordedProcess> process = client_->AwaitRecord(kStarts, options_.is_interrupted);
    if (!process) return process.error();
    process_ = *std::move(process);
    Result<log::LogReader> reader = OpenExactLog(process_);
    if (!reader) return reader.error();
    reader_ = std::make_unique<log::LogReader>(*std::move(reader));
    meter_.emplace(*reader_, process_.Pid(), kWarmUp, options_.rounds, options_.is_interrupted);
    return {};
  }

  /// Enters what came of each. The hunt is cut short by a client that does not come back, or cannot be started again.
  void Play(HuntResult& hunt) {
    hunt.program = process_.facts.comm;
    for (std::size_t i = 0; i < hunt.operations.size() && hunt.cut_short.empty(); ++i) {
      OperationResult& result = hunt.operations[i];
      const Clock::time_point begin = Clock::now();
      const Status back = client_ ? Status() : Start();
      if (back) hunt.cut_short = Try(result);
      if (!back) hunt.cut_short = back.error().text;
      result.seconds = std::chrono::duration<double>(Clock::now() - begin).count();
      if (options_.progress) options_.progress(i + 1, hunt.operations.size(), result.operation->name);
    }
    NameAll();
  }

 private:
  [[nodiscard]] std::chrono::seconds patience() const { return std::chrono::seconds(options_.patience_seconds); }

  /// Why the hunt cannot go on after this operation; empty: it can.
  std::string Try(OperationResult& result) {
    Result<Measured> measured = Measure(result);
    if (measured) {
      if (!measured->places.empty()) unnamed_.push_back({&result, *std::move(measured)});
      return {};
    }
    if (const Status back = AwaitRecovery(has_waited_ ? std::chrono::seconds(0) : patience()); !back) {
      if (client_->WhyEnded().empty()) return back.error().text;
      result.outcome = Outcome::kCrash;
      NameAll();
      meter_.reset();
      client_.reset();
      AwaitNobody();
    }
    return {};
  }

  void NameAll() {
    if (!unnamed_.empty()) NameGrowth(meter_->content(), process_, unnamed_);
    unnamed_.clear();
  }

  /// A program may take long to start. Patience counts from its first connection on.
  Status AwaitFirst() {
    const Clock::time_point deadline = Clock::now() + std::max(kStarts, patience());
    while (proxy_.counts().connections == known_.connections && Clock::now() < deadline) {
      if (Status goes_on = GoesOn(); !goes_on) return goes_on;
      std::this_thread::sleep_for(kLook);
    }
    if (proxy_.counts().connections != known_.connections) return AwaitRecovery(patience());
    return Error{ErrorCode::kCannotMeasure, WhyAway(std::max(kStarts, patience())), kWho};
  }

  /// Waits for at most so long; has_waited_ tells whether that was in vain.
  Status AwaitRecovery(std::chrono::seconds most) {
    const Clock::time_point deadline = Clock::now() + most;
    has_waited_ = false;
    for (;;) {
      if (Status goes_on = GoesOn(); !goes_on) return goes_on;
      if (proxy_.has_recovered()) return {};
      if (Clock::now() > deadline) break;
      std::this_thread::sleep_for(kLook);
    }
    has_waited_ = true;
    return Error{ErrorCode::kCannotMeasure, WhyAway(patience()), kWho};
  }

  /// What a client that does not come back has done instead.
  std::string WhyAway(std::chrono::seconds patience) {
    const std::string time = std::to_string(patience.count()) + " s";
    const disturb::ProxyCounts now = proxy_.counts();
    const std::int64_t connections = now.connections - known_.connections;
    if (connections == 0) return "the client had no connection for " + time;
    const std::string what = now.connects == known_.connects ? " and sent no CONNECT"
                             : now.let_in == known_.let_in   ? ", and was not let in by the broker"
                                                             : ", and lost each connection";
    return "in " + time + " the client connected " + support::Plural(connections, "time") + what;
  }

  /// The proxy has seen that a client's connections ended with it.
  void AwaitNobody() {
    const Clock::time_point deadline = Clock::now() + kStarts;
    const auto is_interrupted = [this] { return options_.is_interrupted && options_.is_interrupted(); };
    while (proxy_.has_recovered() && Clock::now() < deadline && !is_interrupted()) std::this_thread::sleep_for(kLook);
  }

  /// An error: the client has ended, or the user wants an end.
  [[nodiscard]] Status GoesOn() {
    if (const std::string why = client_->WhyEnded(); !why.empty())
      return Error{ErrorCode::kCannotMeasure, "the client " + why, kWho};
    if (options_.is_interrupted && options_.is_interrupted())
      return Error{ErrorCode::kCannotMeasure, kInterrupted, kWho};
    return {};
  }

  Status PlayOnce(const Disturbance& disturbance) {
    if (Status goes_on = GoesOn(); !goes_on) return goes_on;
    known_ = proxy_.counts();  // of those that come after the present connection
    proxy_.Arm(disturbance);
    const Clock::time_point deadline =
        Clock::now() + (disturbance.needs_new_connection() ? patience() : kTrafficPatience);
    while (!proxy_.is_spent()) {
      Status goes_on = GoesOn();
      if (goes_on && Clock::now() > deadline)
        goes_on = Error{ErrorCode::kCannotMeasure,
                        std::string("there was no ") + mqtt::TypeName(disturbance.at) + " to disturb", kWho};
      if (!goes_on) {
        // Without any connection in all this time, the client has stayed away.
        has_waited_ = disturbance.needs_new_connection() && proxy_.counts().connections == known_.connections;
        proxy_.Disarm();
        return goes_on;
      }
      std::this_thread::sleep_for(kLook);
    }
    known_ = proxy_.counts();
    return AwaitRecovery(patience());
  }

  Result<Measured> Measure(OperationResult& result) {
    const Disturbance& disturbance =
        Disturbances()[static_cast<std::size_t>(result.operation - ClientCatalogue().data())];
    const auto play = [&](std::int64_t rounds) -> Status {
      for (std::int64_t round = 0; round < rounds; ++round) {
        if (Status played = PlayOnce(disturbance); !played) return played;
      }
      return {};
    };
    Result<Measured> measured = meter_->Measure(play, 0);
    result.outcome = measured ? Outcome::kClean : Outcome::kNotTried;
    result.why = measured ? std::string() : measured.error().text;
    if (!measured) return measured;
    for (const std::int64_t rounds : measured->rounds) result.rounds += rounds;
    return measured;
  }

  const ClientHuntOptions& options_;
  const std::vector<std::string> command_;
  ProxyThread& proxy_;
  std::unique_ptr<StartedProgram> client_;  // null: it has ended
  process::RecordedProcess process_;
  std::unique_ptr<log::LogReader> reader_;
  std::optional<RoundMeter> meter_;
  std::vector<Unnamed> unnamed_;
  disturb::ProxyCounts known_;  // when waiting for the client began
  bool has_waited_ = false;     // for the client to come back, in vain
};

Result<mqtt::Endpoint> FindUpstream(const ClientHuntOptions& options, std::unique_ptr<HuntedBroker>& broker) {
  if (!options.upstream.empty()) {
    Result<mqtt::Endpoint> upstream = mqtt::ParseEndpoint(options.upstream);
    if (!upstream) return upstream;
    if (Status reach = mqtt::CheckReach(*upstream, options.allow_remote); !reach) return reach.error();
    return upstream;
  }
  BrokerOptions start;
  start.command = {"mosquitto"};
  start.log_dir = options.log_dir;
  start.is_interrupted = options.is_interrupted;
  Result<std::unique_ptr<HuntedBroker>> started = HuntedBroker::Start(start);
  if (!started) return started.error();
  broker = *std::move(started);
  return broker->doors().Find(Door::kPlain)->endpoint;
}

mqtt::Endpoint AnyPort() {
  mqtt::Endpoint any = *mqtt::ParseEndpoint("127.0.0.1:1");
  reinterpret_cast<sockaddr_in*>(&any.address)->sin_port = 0;
  return any;
}

}  // namespace

const std::vector<Operation>& ClientCatalogue() {
  static const std::vector<Operation> catalogue = [] {
    std::vector<Operation> all;
    for (const Disturbance& one : Disturbances()) all.emplace_back().name = "client." + one.name;
    return all;
  }();
  return catalogue;
}

std::string PlanOf(const std::string& name) {
  for (const Disturbance& one : Disturbances()) {
    if ("client." + one.name == name) return "[" + disturb::PlanLine(one) + "]\n";
  }
  return {};
}

Result<HuntResult> HuntClient(const ClientHuntOptions& options) {
  const Clock::time_point begin = Clock::now();
  HuntResult result;
  Result<std::vector<OperationResult>> chosen = ChooseOperations(ClientCatalogue(), options.only);
  if (!chosen) return chosen.error();
  result.operations = *std::move(chosen);
  std::unique_ptr<HuntedBroker> broker;
  const Result<mqtt::Endpoint> upstream = FindUpstream(options, broker);
  if (!upstream) return upstream.error();
  Result<std::unique_ptr<Proxy>> proxy = Proxy::Make(AnyPort(), *upstream);
  if (!proxy) return proxy.error();
  ProxyThread thread(**proxy);
  Result<std::vector<std::string>> command = CommandAt(options.command, (*proxy)->port());
  if (!command) return command.error();
  ClientHunter hunter(options, *std::move(command), thread);
  if (Status started = hunter.Start(); !started) return started.error();
  hunter.Play(result);
  result.seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  return result;
}

}  // namespace mqtrack::hunt
