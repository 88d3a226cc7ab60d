#include "samples/services/traced_client.h"

#include <mosquitto.h>
#include <mqtt_protocol.h>

#include <cstdio>
#include <cstdlib>
#include <new>
#include <utility>

namespace sample {
namespace {

constexpr char kProperty[] = "traceparent";
constexpr int kAtLeastOnce = 1, kKeepaliveSeconds = 60;

bool Succeeded(int result, const char* what) {
  if (result == MOSQ_ERR_SUCCESS) return true;
  std::fprintf(stderr, "services: cannot %s: %s\n", what, mosquitto_strerror(result));
  return false;
}

std::string FindTraceparent(const mosquitto_property* properties) {
  std::string found;
  bool skip_first = false;
  const mosquitto_property* property = properties;
  for (;;) {
    char *name = nullptr, *value = nullptr;
    property = mosquitto_property_read_string_pair(property, MQTT_PROP_USER_PROPERTY, &name, &value, skip_first);
    skip_first = true;
    if (property != nullptr && std::string(name) == kProperty) found = value;
    std::free(name);
    std::free(value);
    if (property == nullptr || !found.empty()) return found;
  }
}

}  // namespace

TracedClient::TracedClient(const std::string& id, std::string filter, Received received)
    : handle_(mosquitto_new(id.c_str(), true, this)), filter_(std::move(filter)), received_(std::move(received)) {
  if (handle_ == nullptr) throw std::bad_alloc();
  mosquitto_int_option(handle_, MOSQ_OPT_PROTOCOL_VERSION, MQTT_PROTOCOL_V5);
  mosquitto_connect_callback_set(handle_, &TracedClient::OnConnect);
  mosquitto_message_v5_callback_set(handle_, &TracedClient::OnMessage);
  mosquitto_subscribe_callback_set(
      handle_, [](mosquitto*, void* self, int, int, const int*) { static_cast<TracedClient*>(self)->ready_ = true; });
  mosquitto_publish_callback_set(
      handle_, [](mosquitto*, void* self, int) { ++static_cast<TracedClient*>(self)->acknowledged_; });
}

TracedClient::~TracedClient() {
  mosquitto_disconnect(handle_);
  mosquitto_destroy(handle_);
}

bool TracedClient::Connect(int port) {
  return Succeeded(mosquitto_connect(handle_, "127.0.0.1", port, kKeepaliveSeconds), "connect");
}

bool TracedClient::Publish(const std::string& topic, const char* traceparent) {
  mosquitto_property* properties = nullptr;
  if (!Succeeded(mosquitto_property_add_string_pair(&properties, MQTT_PROP_USER_PROPERTY, kProperty, traceparent),
                 "say the context"))
    return false;
  const int result = mosquitto_publish_v5(handle_, nullptr, topic.c_str(), 2, "21", kAtLeastOnce, false, properties);
  mosquitto_property_free_all(&properties);
  return Succeeded(result, "publish");
}

bool TracedClient::Loop(int timeout_ms) {
  const int result = mosquitto_loop(handle_, timeout_ms, 1);
  return result == MOSQ_ERR_SUCCESS || result == MOSQ_ERR_ERRNO || Succeeded(result, "talk to the broker");
}

void TracedClient::OnConnect(mosquitto* handle, void* self, int result) {
  auto& client = *static_cast<TracedClient*>(self);
  if (!Succeeded(result, "connect")) return;
  if (client.filter_.empty()) {
    client.ready_ = true;
  } else {
    (void)Succeeded(mosquitto_subscribe(handle, nullptr, client.filter_.c_str(), kAtLeastOnce), "subscribe");
  }
}

void TracedClient::OnMessage(mosquitto* /*handle*/, void* self, const mosquitto_message* message,
                             const mosquitto_property* properties) {
  auto& client = *static_cast<TracedClient*>(self);
  if (client.received_) client.received_(message->topic, FindTraceparent(properties));
}

}  // namespace sample
