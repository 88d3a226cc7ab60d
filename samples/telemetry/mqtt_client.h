// A libmosquitto client as a C++ object. One thread; callbacks run inside Loop.
#pragma once

#include <functional>
#include <string>
#include <string_view>

struct mosquitto;
struct mosquitto_message;

namespace sample {

class MqttClient {
 public:
  struct Handlers {
    std::function<void(MqttClient&)> connected;                                      // after each CONNACK
    std::function<void(std::string_view topic, std::string_view payload)> received;  // one PUBLISH
    std::function<void()> subscribed;                                                // after each SUBACK
  };

  /// `keep_session`: the broker remembers subscriptions and queues messages while the client is away.
  MqttClient(const std::string& id, bool keep_session, Handlers handlers);
  ~MqttClient();
  MqttClient(const MqttClient&) = delete;
  MqttClient& operator=(const MqttClient&) = delete;

  // The functions below return false and say why on stderr when the broker cannot be reached or refuses.
  [[nodiscard]] bool Connect(const std::string& host, int port);
  [[nodiscard]] bool Reconnect();
  [[nodiscard]] bool Subscribe(const std::string& filter);
  [[nodiscard]] bool Unsubscribe(const std::string& filter);
  [[nodiscard]] bool Publish(const std::string& topic, std::string_view payload);
  void Disconnect();

  /// Handles what the network has, waiting for at most `timeout_ms`.
  [[nodiscard]] bool Loop(int timeout_ms);

 private:
  static void OnConnect(mosquitto* handle, void* self, int result);
  static void OnMessage(mosquitto* handle, void* self, const mosquitto_message* message);
  static void OnSubscribe(mosquitto* handle, void* self, int id, int count, const int* granted);

  mosquitto* handle_;
  Handlers handlers_;
};

}  // namespace sample
