#include "libtrack/publish/retained_reader.h"

#include <mosquitto.h>

namespace mqtrack::publish {
namespace {

using Clock = std::chrono::steady_clock;
using support::Error;
using support::ErrorCode;
using support::Result;

constexpr int kMayNotLogIn = 4, kMayNotConnect = 5;  // of CONNACK

/// One connection, from CONNECT to the end of its subscriptions. On the thread that makes it only.
class Asking {
 public:
  Asking(MqttClient client, const std::vector<std::string>& topics) : client_(std::move(client)) {
    // libmosquitto takes what it only reads as not const.
    for (const std::string& topic : topics) topics_.push_back(const_cast<char*>(topic.c_str()));
    ::mosquitto_user_data_set(client_.get(), this);
    ::mosquitto_connect_callback_set(client_.get(), OnConnect);
    ::mosquitto_subscribe_callback_set(client_.get(), OnSubscribe);
    ::mosquitto_unsubscribe_callback_set(client_.get(), OnUnsubscribe);
    ::mosquitto_message_callback_set(client_.get(), OnMessage);
  }

  Result<std::map<std::string, std::string>> Run(const MqttUrl& url, std::chrono::milliseconds patience) {
    const Clock::time_point deadline = Clock::now() + patience;
    constexpr int kStepMs = 100;
    int code = ::mosquitto_connect_async(client_.get(), url.host.c_str(), url.port, kKeepaliveSeconds);
    while (code == MOSQ_ERR_SUCCESS && !is_done_ && refusal_.empty()) {
      if (Clock::now() >= deadline) return Error{ErrorCode::kSystem, "the broker does not answer", {}};
      code = ::mosquitto_loop(client_.get(), kStepMs, 1);
    }
    // After a CONNACK that refuses the broker hangs up, too.
    if (!refusal_.empty()) return Error{ErrorCode::kSystem, refusal_, {}};
    if (!is_done_) return Error{ErrorCode::kSystem, "no connection: " + DescribeMosquitto(code), {}};
    Leave(deadline);
    return std::move(texts_);
  }

 private:
  static void OnConnect(mosquitto* /*client*/, void* self, int code) {
    auto& asking = *static_cast<Asking*>(self);
    if (code == 0) {
      asking.Send(::mosquitto_subscribe_multiple(asking.client_.get(), nullptr, asking.Count(), asking.topics_.data(),
                                                 0, 0, nullptr));
      return;
    }
    asking.refusal_ = DescribeRefusal(code);
    if (code == kMayNotLogIn || code == kMayNotConnect)
      asking.refusal_ += " (a user stands in the URL, its password in --password-file or MQTRACK_MQTT_PASSWORD)";
  }

  /// What is retained comes after this, and before the end of the subscriptions is confirmed.
  static void OnSubscribe(mosquitto* /*client*/, void* self, int /*message*/, int /*count*/, const int* /*granted*/) {
    auto& asking = *static_cast<Asking*>(self);
    asking.Send(::mosquitto_unsubscribe_multiple(asking.client_.get(), nullptr, asking.Count(), asking.topics_.data(),
                                                 nullptr));
  }

  static void OnUnsubscribe(mosquitto* /*client*/, void* self, int /*message*/) {
    static_cast<Asking*>(self)->is_done_ = true;
  }

  static void OnMessage(mosquitto* /*client*/, void* self, const mosquitto_message* message) {
    if (message->payloadlen <= 0) return;
    static_cast<Asking*>(self)->texts_[message->topic] =
        std::string(static_cast<const char*>(message->payload), static_cast<std::size_t>(message->payloadlen));
  }

  [[nodiscard]] int Count() const { return static_cast<int>(topics_.size()); }

  void Send(int code) {
    if (code != MOSQ_ERR_SUCCESS) refusal_ = "it cannot be asked: " + DescribeMosquitto(code);
  }

  /// Until the broker has hung up, so that of this client nothing is left there.
  void Leave(Clock::time_point deadline) {
    constexpr int kStepMs = 20;
    int code = ::mosquitto_disconnect(client_.get());
    while (code == MOSQ_ERR_SUCCESS && Clock::now() < deadline) code = ::mosquitto_loop(client_.get(), kStepMs, 1);
  }

  MqttClient client_;
  std::vector<char*> topics_;
  std::map<std::string, std::string> texts_;
  std::string refusal_;  // why it ended early
  bool is_done_ = false;
};

}  // namespace

Result<std::map<std::string, std::string>> ReadRetained(const MqttAccess& access,
                                                        const std::vector<std::string>& topics,
                                                        std::chrono::milliseconds patience) {
  Result<MqttClient> client = MakeMqttClient(access, "mqtrack-witness");
  if (!client) return client.error();
  return Asking(*std::move(client), topics).Run(access.url, patience);
}

}  // namespace mqtrack::publish
