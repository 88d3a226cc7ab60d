#include "samples/telemetry/mqtt_client.h"

#include <mosquitto.h>

#include <cstdio>
#include <new>
#include <utility>

namespace sample {
namespace {

constexpr int kKeepaliveSeconds = 60;
constexpr int kAtLeastOnce = 1;

bool Succeeded(int result, const char* what) {
  if (result == MOSQ_ERR_SUCCESS) return true;
  std::fprintf(stderr, "telemetry: cannot %s: %s\n", what, mosquitto_strerror(result));
  return false;
}

}  // namespace

MqttClient::MqttClient(const std::string& id, bool keep_session, Handlers handlers)
    : handle_(mosquitto_new(id.c_str(), !keep_session, this)), handlers_(std::move(handlers)) {
  if (handle_ == nullptr) throw std::bad_alloc();
  mosquitto_connect_callback_set(handle_, &MqttClient::OnConnect);
  mosquitto_message_callback_set(handle_, &MqttClient::OnMessage);
  mosquitto_subscribe_callback_set(handle_, &MqttClient::OnSubscribe);
}

MqttClient::~MqttClient() { mosquitto_destroy(handle_); }

bool MqttClient::Connect(const std::string& host, int port) {
  return Succeeded(mosquitto_connect(handle_, host.c_str(), port, kKeepaliveSeconds), "connect");
}

bool MqttClient::Reconnect() { return Succeeded(mosquitto_reconnect(handle_), "reconnect"); }

bool MqttClient::Subscribe(const std::string& filter) {
  return Succeeded(mosquitto_subscribe(handle_, nullptr, filter.c_str(), kAtLeastOnce), "subscribe");
}

bool MqttClient::Unsubscribe(const std::string& filter) {
  return Succeeded(mosquitto_unsubscribe(handle_, nullptr, filter.c_str()), "unsubscribe");
}

bool MqttClient::Publish(const std::string& topic, std::string_view payload) {
  return Succeeded(
      mosquitto_publish(handle_, nullptr, topic.c_str(), static_cast<int>(payload.size()), payload.data(), 0, false),
      "publish");
}

void MqttClient::Disconnect() { mosquitto_disconnect(handle_); }

bool MqttClient::Loop(int timeout_ms) {
  const int result = mosquitto_loop(handle_, timeout_ms, 1);
  // An interrupted wait is not a lost connection; the caller looks at why it was interrupted.
  return result == MOSQ_ERR_SUCCESS || result == MOSQ_ERR_ERRNO || Succeeded(result, "talk to the broker");
}

void MqttClient::OnConnect(mosquitto* /*handle*/, void* self, int result) {
  auto& client = *static_cast<MqttClient*>(self);
  if (result != 0) {
    std::fprintf(stderr, "telemetry: the broker refused the connection: %s\n", mosquitto_connack_string(result));
  } else if (client.handlers_.connected) {
    client.handlers_.connected(client);
  }
}

void MqttClient::OnMessage(mosquitto* /*handle*/, void* self, const mosquitto_message* message) {
  auto& client = *static_cast<MqttClient*>(self);
  if (!client.handlers_.received) return;
  client.handlers_.received(
      message->topic, {static_cast<const char*>(message->payload), static_cast<std::size_t>(message->payloadlen)});
}

void MqttClient::OnSubscribe(mosquitto* /*handle*/, void* self, int /*id*/, int /*count*/, const int* /*granted*/) {
  auto& client = *static_cast<MqttClient*>(self);
  if (client.handlers_.subscribed) client.handlers_.subscribed();
}

}  // namespace sample
