#include "libtrack/hunt/hunted_broker.h"

#include <netinet/in.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <thread>

#include "libtrack/hunt/broker_config.h"
#include "libtrack/hunt/hunt_result.h"
#include "libtrack/hunt/round_player.h"
#include "libtrack/support/base_name.h"
#include "libtrack/support/file.h"

namespace mqtrack::hunt {
namespace {

using support::Error;
using support::ErrorCode;
using support::Result;
using support::Status;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kStarts(30), kAnswers(10);
constexpr std::chrono::milliseconds kPoll(10);
constexpr int kMostStarts = 3;
constexpr std::size_t kMostConfig = std::size_t{4} << 20;

/// A port that nobody listens on now.
std::uint16_t SparePort() {
  mqtt::Endpoint any = *mqtt::ParseEndpoint("127.0.0.1:1");
  reinterpret_cast<sockaddr_in*>(&any.address)->sin_port = 0;
  const Result<int> fd = mqtt::ListenAt(any);
  if (!fd) return 0;
  sockaddr_in address{};
  socklen_t size = sizeof address;
  ::getsockname(*fd, reinterpret_cast<sockaddr*>(&address), &size);
  ::close(*fd);
  return ntohs(address.sin_port);
}

bool IsMosquitto(const std::string& command) { return support::BaseName(command).rfind("mosquitto", 0) == 0; }

mqtt::Endpoint AtPort(std::uint16_t port) { return *mqtt::ParseEndpoint("127.0.0.1:" + std::to_string(port)); }

}  // namespace

Status HuntedBroker::FillDoors(const std::string& certificate, const std::string& key) {
  const auto add = [&](Door door, const mqtt::TlsOptions& options) -> Status {
    auto tls = mqtt::TlsContext::Make(options);
    if (!tls) return tls.error();
    const Door listener =
        door == Door::kTlsCertificate || door == Door::kTlsNoCertificate ? Door::kTlsCertificate : Door::kTls;
    mqtt::Endpoint endpoint = doors_.Find(listener)->endpoint;
    endpoint.tls = true;
    doors_.ways[static_cast<std::size_t>(door)] = DoorWay{endpoint, *tls};
    return {};
  };
  mqtt::TlsOptions no_tickets, resumed, no_cipher, shown;
  no_tickets.highest_version = TLS1_2_VERSION;
  no_tickets.no_tickets = true;
  resumed.resume = true;
  no_cipher.highest_version = TLS1_2_VERSION;
  no_cipher.ciphers = "ECDHE-RSA-AES128-GCM-SHA256";  // the broker's key is of another kind
  shown.cert_file = certificate, shown.key_file = key;
  for (const auto& [door, options] : {std::pair{Door::kTlsNoTickets, no_tickets},
                                      {Door::kTlsResumed, resumed},
                                      {Door::kTlsNoCipher, no_cipher},
                                      {Door::kTlsNoCertificate, mqtt::TlsOptions()},
                                      {Door::kTlsCertificate, shown},
                                      {Door::kTls, mqtt::TlsOptions()}}) {
    if (Status added = add(door, options); !added) return added;
  }
  mqtt::Endpoint plain = doors_.Find(Door::kTls)->endpoint;
  plain.tls = false;
  doors_.ways[static_cast<std::size_t>(Door::kTlsAsPlain)] = DoorWay{plain, nullptr};
  return {};
}

Status HuntedBroker::WriteConfig(std::vector<std::string>& command, std::size_t file_at) {
  std::string user_text;
  if (file_at != 0) {
    Result<std::string> read = support::ReadFile(command[file_at], kMostConfig);
    if (!read) return read.error();
    user_text = *std::move(read);
  }
  const Result<TestFiles> files = WriteTestFiles(program_.folder());
  if (!files) return files.error();
  BrokerPorts ports{SparePort(), SparePort(), SparePort(),
                    SparePort(), SparePort(), program_.folder() + "/open/mqtt.sock"};
  const BrokerConfig config = MakeBrokerConfig(user_text, ports, *files, &SparePort);
  notes_ = config.notes;
  const std::string path = program_.folder() + "/mosquitto.conf";
  if (Status written = support::WriteFile(path, config.text); !written) return written;
  ::chmod(path.c_str(), 0644);
  if (file_at == 0) command.insert(command.begin() + 1, {"-c", path});
  if (file_at != 0) command[file_at] = path;
  const auto at = [&](Door door, std::uint16_t port) {
    doors_.ways[static_cast<std::size_t>(door)] = DoorWay{AtPort(port), nullptr};
  };
  at(Door::kPlain, ports.plain), at(Door::kTls, ports.tls), at(Door::kTlsCertificate, ports.tls_certificate);
  at(Door::kWebSocket, ports.web_socket), at(Door::kWebSocketAsPlain, ports.web_socket);
  at(Door::kOnlyOne, ports.only_one);
  doors_.ways[static_cast<std::size_t>(Door::kWebSocket)]->endpoint.web_socket = true;
  Result<mqtt::Endpoint> local = mqtt::ParseEndpoint("unix:" + ports.unix_path);
  if (!local) return local.error();
  doors_.ways[static_cast<std::size_t>(Door::kUnix)] = DoorWay{*std::move(local), nullptr};
  doors_.has = (config.has_passwords ? kNeedsPasswords : 0U) | (config.has_acl ? kNeedsAcl : 0U);
  return FillDoors(files->certificate, files->key);
}

Status HuntedBroker::Prepare(const BrokerOptions& options, std::vector<std::string>& command) {
  if (!options.address.empty()) {
    Result<mqtt::Endpoint> endpoint = mqtt::ParseEndpoint(options.address);
    if (!endpoint) return endpoint.error();
    if (Status reach = mqtt::CheckReach(*endpoint, options.allow_remote); !reach) return reach;
    if (endpoint->tls || endpoint->web_socket)
      return Error{ErrorCode::kBadInput, "has to be a plain listener of the broker, mqtt:// or unix:", options.address};
    doors_.ways[static_cast<std::size_t>(Door::kPlain)] = DoorWay{*std::move(endpoint), nullptr};
    return {};
  }
  if (!IsMosquitto(command.front()))
    return Error{ErrorCode::kBadInput,
                 "the configuration of this broker is not known: start it with one that lets anybody in, and say where "
                 "it listens with --address HOST:PORT",
                 command.front()};
  std::size_t file_at = 0;
  for (std::size_t i = 1; i < command.size(); ++i) {
    const bool is_daemon = command[i] == "-d" || command[i] == "--daemon", is_port = command[i] == "-p";
    if (is_daemon || is_port)
      return Error{ErrorCode::kBadInput, "leave this out: the hunt chooses ports and waits for the broker itself",
                   command[i]};
    if ((command[i] == "-c" || command[i] == "--config-file") && i + 1 < command.size()) file_at = i + 1;
  }
  return WriteConfig(command, file_at);
}

std::string HuntedBroker::WhyEnded() {
  if (program_.is_started()) return program_.WhyEnded();
  const Result<process::RecordedProcess> now = process::OpenLog(process_.log_path);
  return now && now->IsAlive() ? std::string() : "has ended";
}

Status HuntedBroker::WaitUntilItListens(const std::function<bool()>& is_interrupted) {
  const Clock::time_point deadline = Clock::now() + (program_.is_started() ? kStarts : kAnswers);
  for (;;) {
    Observer observer(doors_, is_interrupted);
    const Status answered = observer.Sync();
    if (answered) {
      observer.Leave();
      return {};
    }
    if (is_interrupted && is_interrupted())
      return Error{ErrorCode::kCannotMeasure, std::string(kInterrupted) + " before the broker had let anybody in",
                   "hunt"};
    if (const std::string why = WhyEnded(); !why.empty())
      return Error{ErrorCode::kCannotMeasure, "the broker " + why + " before it listened: " + program_.LastWords(),
                   "hunt"};
    if (Clock::now() > deadline)
      return Error{ErrorCode::kCannotMeasure,
                   "a client that names no user is not let in at " + doors_.Find(Door::kPlain)->endpoint.text + ": " +
                       answered.error().text,
                   "hunt"};
    std::this_thread::sleep_for(kPoll);
  }
}

Result<std::unique_ptr<HuntedBroker>> HuntedBroker::Start(const BrokerOptions& options) {
  // A port that was free may be somebody's by the time the broker listens there.
  const bool are_ports_ours = options.target.empty() && options.address.empty();
  for (int tries = 1;; ++tries) {
    Result<std::unique_ptr<HuntedBroker>> broker = StartOnce(options);
    if (broker || !are_ports_ours || tries == kMostStarts ||
        broker.error().text.find("Address already in use") == std::string::npos)
      return broker;
  }
}

Result<std::unique_ptr<HuntedBroker>> HuntedBroker::StartOnce(const BrokerOptions& options) {
  std::unique_ptr<HuntedBroker> broker(new HuntedBroker);
  std::vector<std::string> command = options.command;
  StartedProgram& program = broker->program_;
  if (options.target.empty()) {
    if (Status made = program.MakeFolder(); !made) return made.error();
    // A broker that gives up its rights reads files here, and makes its socket in the folder that is open to all.
    ::chmod(program.folder().c_str(), 0755);
    std::filesystem::create_directory(program.folder() + "/open");
    ::chmod((program.folder() + "/open").c_str(), 0777);
  }
  if (Status prepared = broker->Prepare(options, command); !prepared) return prepared.error();
  if (!options.target.empty()) {
    Result<process::RecordedProcess> running = process::FindRecorded(options.target, options.log_dir);
    if (!running) return running.error();
    broker->process_ = *std::move(running);
  } else if (Status started = program.Start(std::move(command), options.log_dir, "hunt", options.stays); !started) {
    return started.error();
  }
  if (Status listens = broker->WaitUntilItListens(options.is_interrupted); !listens) return listens.error();
  if (options.target.empty()) {
    Result<process::RecordedProcess> started = program.AwaitRecord(kStarts, options.is_interrupted);
    if (!started) return started.error();
    broker->process_ = *std::move(started);
  }
  Result<log::LogReader> reader = OpenExactLog(broker->process_);
  if (!reader) return reader.error();
  broker->reader_ = std::make_unique<log::LogReader>(*std::move(reader));
  return broker;
}

std::string HuntedBroker::Keep() {
  program_.Keep();
  return program_.folder();
}

}  // namespace mqtrack::hunt
