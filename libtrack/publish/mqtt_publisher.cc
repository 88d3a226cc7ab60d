#include "libtrack/publish/mqtt_publisher.h"

#include <mosquitto.h>

#include <algorithm>
#include <thread>
#include <utility>

namespace mqtrack::publish {
namespace {

using Clock = std::chrono::steady_clock;
using support::Error;
using support::ErrorCode;
using support::Result;

constexpr std::chrono::milliseconds kConnectTimeout{20'000};
constexpr int kServerUnavailable = 3;  // of CONNACK: later it may be
constexpr char kStatus[] = "status", kOnline[] = "online", kOffline[] = "offline";

}  // namespace

Result<std::unique_ptr<MqttPublisher>> MqttPublisher::Make(const MqttOptions& options) {
  Result<MqttClient> made = MakeMqttClient(options, "mqtrack-" + options.machine);
  if (!made) return made.error();
  mosquitto* const client = made->get();
  std::unique_ptr<MqttPublisher> publisher(new MqttPublisher(options, *std::move(made)));
  ::mosquitto_user_data_set(client, publisher.get());
  ::mosquitto_connect_callback_set(client, OnConnect);
  ::mosquitto_disconnect_callback_set(client, OnDisconnect);
  ::mosquitto_publish_callback_set(client, OnPublish);
  const std::string status = publisher->base_ + kStatus;
  const int code = ::mosquitto_will_set(client, status.c_str(), sizeof kOffline - 1, kOffline, 1, true);
  if (code != MOSQ_ERR_SUCCESS) {
    return Error{ErrorCode::kBadInput, "the topic " + status + " cannot be used: " + DescribeMosquitto(code),
                 options.url.host};
  }
  publisher->Set(kStatus, kOnline);
  return publisher;
}

MqttPublisher::MqttPublisher(const MqttOptions& options, MqttClient client)
    : options_(options),
      client_(std::move(client)),
      base_(options.url.prefix + "/" + TopicLevel(options.machine) + "/") {}

void MqttPublisher::OnConnect(mosquitto* /*client*/, void* self, int code) {
  auto& publisher = *static_cast<MqttPublisher*>(self);
  if (code != 0) {
    publisher.Lost(code == kServerUnavailable ? State::kAway : State::kRefused, DescribeRefusal(code));
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
  if (publisher.IsConnected()) publisher.Lost(State::kAway, "the connection was lost: " + DescribeMosquitto(code));
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
  const int code =
      ::mosquitto_connect_async(client_.get(), options_.url.host.c_str(), options_.url.port, kKeepaliveSeconds);
  if (code != MOSQ_ERR_SUCCESS) Lost(State::kAway, "no connection: " + DescribeMosquitto(code));
}

void MqttPublisher::SendWhatIsDue() {
  for (auto& [level, topic] : topics_) {
    // One of each topic at a time: a broker that does not confirm gets no queue here.
    if (topic.is_sent || topic.waits_for != 0) continue;
    int message = 0;
    const int code = ::mosquitto_publish(client_.get(), &message, (base_ + level).c_str(),
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
    (void)::mosquitto_disconnect(client_.get());
    Lost(State::kAway, "no connection: the broker does not answer");
  }
  if (!IsConnected() && !is_trying_) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(next_try_ - Clock::now());
    std::this_thread::sleep_for(std::clamp(left, std::chrono::milliseconds(1), wait));
    return;
  }
  if (IsConnected()) SendWhatIsDue();
  const int code = ::mosquitto_loop(client_.get(), static_cast<int>(wait.count()), 1);
  if (code != MOSQ_ERR_SUCCESS && (IsConnected() || is_trying_))
    Lost(State::kAway, (IsConnected() ? "the connection was lost: " : "no connection: ") + DescribeMosquitto(code));
}

void MqttPublisher::Leave(std::chrono::milliseconds wait) {
  if (!IsConnected()) return;
  const Clock::time_point deadline = Clock::now() + wait;
  Set(kStatus, kOffline);
  constexpr std::chrono::milliseconds kStep{50};
  while (IsConnected() && !IsAllSent() && Clock::now() < deadline) Run(kStep);
  (void)::mosquitto_disconnect(client_.get());
  (void)::mosquitto_loop(client_.get(), 0, 1);
}

}  // namespace mqtrack::publish
