#include "libtrack/publish/mqtt_publisher.h"

#include <mosquitto.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <random>
#include <thread>
#include <utility>

#include "libtrack/support/file.h"

namespace mqtrack::publish {
namespace {

using Clock = std::chrono::steady_clock;
using support::Error;
using support::ErrorCode;
using support::Result;

constexpr int kKeepaliveSeconds = 60;
constexpr std::chrono::milliseconds kConnectTimeout{20'000};
constexpr std::uint64_t kMostOfCertificates = std::uint64_t{16} << 20;
constexpr char kTrustedBySystem[] = "/etc/ssl/certs";
constexpr int kServerUnavailable = 3;  // of CONNACK: later it may be
constexpr char kStatus[] = "status", kOnline[] = "online", kOffline[] = "offline";

std::string ClientId(const std::string& machine) {
  std::random_device random;
  return "mqtrack-" + machine + "-" + std::to_string(::getpid()) + "-" + std::to_string(random() % 100'000);
}

/// The library's words, except where they say nothing to a user.
std::string Describe(int code) {
  if (code == MOSQ_ERR_ERRNO)
    return errno == 0 ? "nobody answers there, or it was closed at once" : std::strerror(errno);
  if (code == MOSQ_ERR_EAI) return "there is no host of that name";
  if (code == MOSQ_ERR_INVAL) return "the library cannot use it";
  return ::mosquitto_strerror(code);
}

Error Failed(const std::string& what, int code, const MqttUrl& url) {
  return {ErrorCode::kBadInput, what + ": " + Describe(code), url.host};
}

support::Status ConfigureTls(mosquitto* client, const MqttOptions& options) {
  if (!options.url.tls) return {};
  for (const std::string& file : {options.ca_file, options.cert_file, options.key_file}) {
    if (file.empty()) continue;
    if (const auto content = support::ReadFile(file, kMostOfCertificates); !content) return content.error();
  }
  const auto given = [](const std::string& text) { return text.empty() ? nullptr : text.c_str(); };
  int code = MOSQ_ERR_SUCCESS;
  if (options.ca_file.empty()) code = ::mosquitto_int_option(client, MOSQ_OPT_TLS_USE_OS_CERTS, 1);
  if (code == MOSQ_ERR_SUCCESS && (!options.ca_file.empty() || !options.cert_file.empty())) {
    // It wants either; what the system trusts is what else there is.
    const char* folder = options.ca_file.empty() ? kTrustedBySystem : nullptr;
    code = ::mosquitto_tls_set(client, given(options.ca_file), folder, given(options.cert_file),
                               given(options.key_file), nullptr);
  }
  if (code == MOSQ_ERR_SUCCESS) return {};
  return Failed("the certificates cannot be used (--cafile, --cert and --key are files in PEM)", code, options.url);
}

}  // namespace

Result<std::unique_ptr<MqttPublisher>> MqttPublisher::Make(const MqttOptions& options) {
  static const int ready = ::mosquitto_lib_init();
  if (ready != MOSQ_ERR_SUCCESS) return Failed("libmosquitto cannot be used", ready, options.url);
  mosquitto* const client = ::mosquitto_new(ClientId(options.machine).c_str(), true, nullptr);
  if (client == nullptr) return Failed("no client can be made", MOSQ_ERR_ERRNO, options.url);
  std::unique_ptr<MqttPublisher> publisher(new MqttPublisher(options, client));
  ::mosquitto_user_data_set(client, publisher.get());
  ::mosquitto_connect_callback_set(client, OnConnect);
  ::mosquitto_disconnect_callback_set(client, OnDisconnect);
  ::mosquitto_publish_callback_set(client, OnPublish);
  if (!options.url.user.empty()) {
    const char* const password = options.password.empty() ? nullptr : options.password.c_str();
    const int code = ::mosquitto_username_pw_set(client, options.url.user.c_str(), password);
    if (code != MOSQ_ERR_SUCCESS) return Failed("the user cannot be used", code, options.url);
  }
  if (const support::Status tls = ConfigureTls(client, options); !tls) return tls.error();
  const std::string status = publisher->base_ + kStatus;
  const int code = ::mosquitto_will_set(client, status.c_str(), sizeof kOffline - 1, kOffline, 1, true);
  if (code != MOSQ_ERR_SUCCESS) return Failed("the topic " + status + " cannot be used", code, options.url);
  publisher->Set(kStatus, kOnline);
  return publisher;
}

MqttPublisher::MqttPublisher(const MqttOptions& options, mosquitto* client)
    : options_(options), client_(client), base_(options.url.prefix + "/" + TopicLevel(options.machine) + "/") {}

MqttPublisher::~MqttPublisher() { ::mosquitto_destroy(client_); }

void MqttPublisher::OnConnect(mosquitto* /*client*/, void* self, int code) {
  auto& publisher = *static_cast<MqttPublisher*>(self);
  if (code != 0) {
    publisher.Lost(code == kServerUnavailable ? State::kAway : State::kRefused,
                   std::string("the broker refuses the connection: ") + ::mosquitto_connack_string(code));
    return;
  }
  publisher.state_ = State::kConnected;
  publisher.is_trying_ = false;
  publisher.backoff_.Reset();
  publisher.problem_.clear();
  for (auto& [level, topic] : publisher.topics_) topic.is_sent = false, topic.waits_for = 0;
}

void MqttPublisher::OnDisconnect(mosquitto* /*client*/, void* self, int code) {
  auto& publisher = *static_cast<MqttPublisher*>(self);
  if (publisher.IsConnected()) publisher.Lost(State::kAway, "the connection was lost: " + Describe(code));
}

void MqttPublisher::OnPublish(mosquitto* /*client*/, void* self, int message) {
  auto& topics = static_cast<MqttPublisher*>(self)->topics_;
  for (auto topic = topics.begin(); topic != topics.end(); ++topic) {
    if (topic->second.waits_for != message) continue;
    topic->second.waits_for = 0;
    if (topic->second.text.empty() && topic->second.is_sent) topics.erase(topic);
    return;
  }
}

void MqttPublisher::Lost(State state, const std::string& why) {
  is_trying_ = false;
  state_ = state;
  problem_ = why;
  next_try_ = Clock::now() + backoff_.Next();
}

void MqttPublisher::Connect() {
  tried_at_ = Clock::now();
  is_trying_ = true;
  // Without waiting for the answer: that is the next calls of mosquitto_loop.
  const int code = ::mosquitto_connect_async(client_, options_.url.host.c_str(), options_.url.port, kKeepaliveSeconds);
  if (code != MOSQ_ERR_SUCCESS) Lost(State::kAway, "no connection: " + Describe(code));
}

void MqttPublisher::SendWhatIsDue() {
  for (auto& [level, topic] : topics_) {
    // One of each topic at a time: a broker that does not confirm gets no queue here.
    if (topic.is_sent || topic.waits_for != 0) continue;
    int message = 0;
    const int code = ::mosquitto_publish(client_, &message, (base_ + level).c_str(),
                                         static_cast<int>(topic.text.size()), topic.text.data(), 1, true);
    if (code != MOSQ_ERR_SUCCESS) return;
    topic.is_sent = true;
    topic.waits_for = message;
  }
}

void MqttPublisher::Set(const std::string& level, std::string text) {
  Topic& topic = topics_[level];
  topic.text = std::move(text);
  topic.is_sent = false;
}

bool MqttPublisher::IsAllSent() const {
  return IsConnected() && std::all_of(topics_.begin(), topics_.end(), [](const auto& entry) {
           return entry.second.is_sent && entry.second.waits_for == 0;
         });
}

void MqttPublisher::Run(std::chrono::milliseconds wait) {
  if (!IsConnected() && !is_trying_ && Clock::now() >= next_try_) Connect();
  if (is_trying_ && Clock::now() - tried_at_ > kConnectTimeout) {
    (void)::mosquitto_disconnect(client_);
    Lost(State::kAway, "no connection: the broker does not answer");
  }
  if (!IsConnected() && !is_trying_) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(next_try_ - Clock::now());
    std::this_thread::sleep_for(std::clamp(left, std::chrono::milliseconds(1), wait));
    return;
  }
  if (IsConnected()) SendWhatIsDue();
  const int code = ::mosquitto_loop(client_, static_cast<int>(wait.count()), 1);
  if (code != MOSQ_ERR_SUCCESS && (IsConnected() || is_trying_))
    Lost(State::kAway, (IsConnected() ? "the connection was lost: " : "no connection: ") + Describe(code));
}

void MqttPublisher::Leave(std::chrono::milliseconds wait) {
  if (!IsConnected()) return;
  const Clock::time_point deadline = Clock::now() + wait;
  Set(kStatus, kOffline);
  constexpr std::chrono::milliseconds kStep{50};
  while (IsConnected() && !IsAllSent() && Clock::now() < deadline) Run(kStep);
  (void)::mosquitto_disconnect(client_);
  (void)::mosquitto_loop(client_, 0, 1);
}

}  // namespace mqtrack::publish
