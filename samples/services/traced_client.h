// An MQTT 5 client that hands the context of a trace on with each message, in the user property "traceparent".
#pragma once

#include <functional>
#include <string>

struct mosquitto;
struct mosquitto_message;
struct mqtt5__property;

namespace sample {

class TracedClient {
 public:
  /// `traceparent` is empty if the message has none.
  using Received = std::function<void(const std::string& topic, const std::string& traceparent)>;

  TracedClient(const std::string& id, std::string filter, Received received);
  ~TracedClient();
  TracedClient(const TracedClient&) = delete;
  TracedClient& operator=(const TracedClient&) = delete;

  // False, with the reason on stderr, when the broker cannot be reached or refuses.
  [[nodiscard]] bool Connect(int port);
  [[nodiscard]] bool Publish(const std::string& topic, const char* traceparent);
  [[nodiscard]] bool Loop(int timeout_ms);

  [[nodiscard]] bool is_ready() const { return ready_; }
  /// Messages of ours that the broker has acknowledged.
  [[nodiscard]] int acknowledged() const { return acknowledged_; }

 private:
  static void OnConnect(mosquitto* handle, void* self, int result);
  static void OnMessage(mosquitto* handle, void* self, const mosquitto_message* message,
                        const mqtt5__property* properties);

  mosquitto* handle_;
  std::string filter_;
  Received received_;
  bool ready_ = false;
  int acknowledged_ = 0;
};

}  // namespace sample
