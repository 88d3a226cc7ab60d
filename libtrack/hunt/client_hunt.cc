#include "libtrack/hunt/client_hunt.h"

#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <memory>
#include <mutex>
#include <thread>

#include "libtrack/disturb/proxy.h"
#include "libtrack/hunt/catalogue.h"
#include "libtrack/hunt/hunted_broker.h"
#include "libtrack/hunt/named_growth.h"
#include "libtrack/process/launch.h"
#include "libtrack/process/wait_for.h"

namespace mqtrack::hunt {
namespace {

using disturb::Disturbance;
using disturb::Proxy;
using support::Error;
using support::ErrorCode;
using support::Result;
using support::Status;
using Clock = std::chrono::steady_clock;

constexpr std::int64_t kWarmUp = 2;
constexpr int kPollMs = 20;
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

class ClientProgram {
 public:
  ClientProgram() = default;
  ClientProgram(const ClientProgram&) = delete;
  ClientProgram& operator=(const ClientProgram&) = delete;
  ~ClientProgram() {
    if (pid_ != 0 && WhyEnded().empty()) {
      ::kill(static_cast<pid_t>(pid_), SIGTERM);
      const Clock::time_point deadline = Clock::now() + std::chrono::seconds(5);
      while (WhyEnded().empty() && Clock::now() < deadline)
        std::this_thread::sleep_for(std::chrono::milliseconds(kPollMs));
      if (WhyEnded().empty()) {
        ::kill(static_cast<pid_t>(pid_), SIGKILL);
        ::waitpid(static_cast<pid_t>(pid_), nullptr, 0);
      }
    }
    std::error_code ignored;
    if (!folder_.empty()) std::filesystem::remove_all(folder_, ignored);
  }

  Status Start(std::vector<std::string> command, const std::string& log_dir, std::uint16_t port) {
    const std::pair<const char*, std::string> marks[] = {
        {"{address}", "127.0.0.1:" + std::to_string(port)}, {"{host}", "127.0.0.1"}, {"{port}", std::to_string(port)}};
    bool is_told = false;
    for (std::string& word : command) {
      for (const auto& [mark, value] : marks) {
        for (std::size_t at = 0; (at = word.find(mark, at)) != std::string::npos; is_told = true)
          word.replace(at, std::string(mark).size(), value);
      }
    }
    if (!is_told)
      return Error{ErrorCode::kBadInput,
                   "say in the command where the broker is: {address}, or {host} and {port}, is replaced",
                   "hunt --client"};
    std::string pattern = (std::filesystem::temp_directory_path() / "mqtrack-client-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) return Error{ErrorCode::kSystem, "no folder could be made", pattern};
    folder_ = pattern;
    process::LaunchOptions launch;
    launch.command = std::move(command);
    launch.log_dir = log_dir;
    launch.keep_logs = true;
    const Result<process::LaunchResult> started = process::Start(launch, folder_ + "/output");
    if (!started) return started.error();
    if (!started->problem.empty()) return Error{ErrorCode::kBadInput, started->problem, "hunt --client"};
    pid_ = started->pid;
    return {};
  }

  [[nodiscard]] std::int64_t pid() const { return pid_; }
  [[nodiscard]] std::string WhyEnded() {
    int status = 0;
    if (ended_.empty() && ::waitpid(static_cast<pid_t>(pid_), &status, WNOHANG) == pid_)
      ended_ = WIFSIGNALED(status) ? "was ended by signal " + std::to_string(WTERMSIG(status))
                                   : "ended with exit code " + std::to_string(WEXITSTATUS(status));
    return ended_;
  }

 private:
  std::int64_t pid_ = 0;
  std::string folder_, ended_;
};

class ClientHunter {
 public:
  ClientHunter(const ClientHuntOptions& options, ClientProgram& client, ProxyThread& proxy)
      : options_(options), client_(client), proxy_(proxy) {}

  Status AwaitRecovery() {
    const Clock::time_point deadline = Clock::now() + std::chrono::seconds(options_.patience_seconds);
    while (!proxy_.has_recovered()) {
      if (const std::string why = client_.WhyEnded(); !why.empty())
        return Error{ErrorCode::kCannotMeasure, "the client " + why, "hunt --client"};
      if (Clock::now() > deadline)
        return Error{ErrorCode::kCannotMeasure,
                     "the client had no connection for " + std::to_string(options_.patience_seconds) + " s",
                     "hunt --client"};
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    return {};
  }

  Status PlayOnce(const Disturbance& disturbance) {
    proxy_.Arm(disturbance);
    const auto patience = disturbance.needs_new_connection() ? std::chrono::seconds(options_.patience_seconds)
                                                             : std::chrono::seconds(kTrafficPatience);
    const Clock::time_point deadline = Clock::now() + patience;
    while (!proxy_.is_spent()) {
      if (const std::string why = client_.WhyEnded(); !why.empty())
        return Error{ErrorCode::kCannotMeasure, "the client " + why, "hunt --client"};
      if (Clock::now() > deadline || (options_.is_interrupted && options_.is_interrupted())) {
        proxy_.Disarm();
        return Error{ErrorCode::kCannotMeasure,
                     std::string("there was no ") + mqtt::TypeName(disturbance.at) + " to disturb", "hunt --client"};
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    return AwaitRecovery();
  }

  Result<std::vector<Unnamed>> Play(RoundMeter& meter, std::vector<OperationResult>& results) {
    std::vector<Unnamed> unnamed;
    for (std::size_t i = 0; i < results.size(); ++i) {
      OperationResult& result = results[i];
      if (options_.is_interrupted && options_.is_interrupted()) break;
      const Disturbance& disturbance =
          Disturbances()[static_cast<std::size_t>(result.operation - ClientCatalogue().data())];
      const auto play = [&](std::int64_t rounds) -> Status {
        for (std::int64_t round = 0; round < rounds; ++round) {
          if (Status played = PlayOnce(disturbance); !played) return played;
        }
        return {};
      };
      Result<Measured> measured = meter.Measure(play, 0);
      result.outcome = measured ? Outcome::kClean : Outcome::kNotTried;
      if (!measured) {
        result.why = measured.error().text;
        if (client_.WhyEnded().empty()) {
          if (Status back = AwaitRecovery(); !back) break;
          continue;
        }
        result.outcome = Outcome::kCrash;
        break;
      }
      result.why.clear();
      for (const std::int64_t rounds : measured->rounds) result.rounds += rounds;
      if (!measured->places.empty()) unnamed.push_back({&result, *std::move(measured)});
      if (options_.progress) options_.progress(i + 1, results.size(), result.operation->name);
    }
    return unnamed;
  }

 private:
  const ClientHuntOptions& options_;
  ClientProgram& client_;
  ProxyThread& proxy_;
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
  ClientProgram client;
  if (Status started = client.Start(options.command, options.log_dir, (*proxy)->port()); !started)
    return started.error();
  ClientHunter hunter(options, client, thread);
  if (Status connected = hunter.AwaitRecovery(); !connected) return connected.error();
  const Result<process::RecordedProcess> process =
      process::WaitUntilRecorded(std::to_string(client.pid()), options.log_dir, std::chrono::seconds(10));
  if (!process) return process.error();
  Result<log::LogReader> reader = log::LogReader::Open(process->log_path, support::MappedFile::Access::kRead);
  if (!reader) return reader.error();
  RoundMeter meter(*reader, process->Pid(), kWarmUp, options.rounds);
  const Result<std::vector<Unnamed>> unnamed = hunter.Play(meter, result.operations);
  if (!unnamed) return unnamed.error();
  if (Status named = NameGrowth(meter.content(), *process, *unnamed); !named) return named.error();
  result.program = process->facts.comm;
  result.seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  return result;
}

}  // namespace mqtrack::hunt
