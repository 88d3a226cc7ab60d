#include "libtrack/hunt/hunted_broker.h"

#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <thread>

#include "libtrack/hunt/broker_config.h"
#include "libtrack/hunt/round_player.h"
#include "libtrack/process/launch.h"
#include "libtrack/process/wait_for.h"
#include "libtrack/support/base_name.h"
#include "libtrack/support/file.h"

namespace mqtrack::hunt {
namespace {

using support::Error;
using support::ErrorCode;
using support::Result;
using support::Status;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kStarts(30);
constexpr std::chrono::milliseconds kPoll(10);
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
  const Result<TestFiles> files = WriteTestFiles(folder_);
  if (!files) return files.error();
  BrokerPorts ports{SparePort(), SparePort(), SparePort(), SparePort(), SparePort(), folder_ + "/open/mqtt.sock"};
  const BrokerConfig config = MakeBrokerConfig(user_text, ports, *files, &SparePort);
  notes_ = config.notes;
  const std::string path = folder_ + "/mosquitto.conf";
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

std::string HuntedBroker::LastWords() const {
  const Result<std::string> log = support::ReadFile(folder_ + "/output", kMostConfig);
  if (!log) return {};
  std::string text = *log;
  while (!text.empty() && text.back() == '\n') text.pop_back();
  const std::size_t line = text.find_last_of('\n');
  return line == std::string::npos ? text : text.substr(line + 1);
}

std::string HuntedBroker::WhyEnded() {
  if (!ended_.empty()) return ended_;
  if (pid_ == 0) {
    const Result<process::RecordedProcess> now = process::OpenLog(process_.log_path);
    return now && now->IsAlive() ? std::string() : "has ended";
  }
  int status = 0;
  if (::waitpid(static_cast<pid_t>(pid_), &status, WNOHANG) != pid_) return {};
  ended_ = WIFSIGNALED(status) ? "was ended by signal " + std::to_string(WTERMSIG(status))
                               : "ended with exit code " + std::to_string(WEXITSTATUS(status));
  return ended_;
}

Status HuntedBroker::WaitUntilItListens() {
  const Clock::time_point deadline = Clock::now() + kStarts;
  for (;;) {
    Observer observer(doors_);
    const Status answered = observer.Sync();
    if (answered) {
      observer.Leave();
      return {};
    }
    if (const std::string why = WhyEnded(); !why.empty())
      return Error{ErrorCode::kCannotMeasure, "the broker " + why + " before it listened: " + LastWords(), "hunt"};
    if (Clock::now() > deadline)
      return Error{ErrorCode::kCannotMeasure,
                   "the broker does not let a client in that names no user: " + answered.error().ToString(), "hunt"};
    std::this_thread::sleep_for(kPoll);
  }
}

Status HuntedBroker::Launch(const BrokerOptions& options, std::vector<std::string> command) {
  process::LaunchOptions launch;
  launch.command = std::move(command);
  launch.log_dir = options.log_dir;
  const Result<process::LaunchResult> started = process::Start(launch, folder_ + "/output");
  if (!started) return started.error();
  if (!started->problem.empty()) return Error{ErrorCode::kBadInput, started->problem, "hunt"};
  pid_ = started->pid;
  return {};
}

Status HuntedBroker::OpenLog() {
  Result<log::LogReader> reader = log::LogReader::Open(process_.log_path, support::MappedFile::Access::kRead);
  if (!reader) return reader.error();
  reader_ = std::make_unique<log::LogReader>(*std::move(reader));
  if (reader_->Facts().mode != log::Mode::kExact)
    return Error{ErrorCode::kCannotMeasure, "is recorded in samples; a hunt counts bytes, so record every block",
                 process_.facts.comm};
  return {};
}

Result<std::unique_ptr<HuntedBroker>> HuntedBroker::Start(const BrokerOptions& options) {
  std::unique_ptr<HuntedBroker> broker(new HuntedBroker);
  std::vector<std::string> command = options.command;
  std::string pattern = (std::filesystem::temp_directory_path() / "mqtrack-hunt-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) return Error{ErrorCode::kSystem, "no folder could be made", pattern};
  broker->folder_ = pattern;
  // A broker that gives up its rights reads files here, and makes its socket in the folder that is open to all.
  ::chmod(pattern.c_str(), 0755);
  std::filesystem::create_directory(pattern + "/open");
  ::chmod((pattern + "/open").c_str(), 0777);
  if (Status prepared = broker->Prepare(options, command); !prepared) return prepared.error();
  if (options.target.empty()) {
    if (Status launched = broker->Launch(options, std::move(command)); !launched) return launched.error();
  }
  if (Status listens = broker->WaitUntilItListens(); !listens) return listens.error();
  const std::string who = options.target.empty() ? std::to_string(broker->pid_) : options.target;
  Result<process::RecordedProcess> process = process::WaitUntilRecorded(who, options.log_dir, kStarts);
  if (!process) return process.error();
  broker->process_ = *std::move(process);
  if (Status opened = broker->OpenLog(); !opened) return opened.error();
  return broker;
}

std::string HuntedBroker::Keep() {
  keep_ = true;
  return folder_;
}

HuntedBroker::~HuntedBroker() {
  if (keep_) return;
  if (pid_ != 0 && WhyEnded().empty()) {
    ::kill(static_cast<pid_t>(pid_), SIGTERM);
    const Clock::time_point deadline = Clock::now() + std::chrono::seconds(5);
    while (WhyEnded().empty() && Clock::now() < deadline) std::this_thread::sleep_for(kPoll);
    if (WhyEnded().empty()) {
      ::kill(static_cast<pid_t>(pid_), SIGKILL);
      ::waitpid(static_cast<pid_t>(pid_), nullptr, 0);
    }
  }
  std::error_code ignored;
  if (!process_.log_path.empty() && pid_ != 0) std::filesystem::remove(process_.log_path, ignored);
  if (!folder_.empty()) std::filesystem::remove_all(folder_, ignored);
}

}  // namespace mqtrack::hunt
