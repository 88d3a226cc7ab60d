// libmosquitto: clients and subscriptions. The library is never loaded by us. The broker has none of these functions;
// those that it exports to plugins have other names.
#include "preload/hooks/mqtt/mqtt_scope.h"

using mqtrack::hooks::InsideLibrary;
using mqtrack::hooks::MqttScope;
using mqtrack::hooks::TypedFunction;
using mqtrack::recorder::MqttClients;
using mqtrack::recorder::StartFrame;

namespace {

struct mosquitto;
struct mqtt5__property;
using Properties = const mqtt5__property*;

constexpr int kSuccess = 0, kNotSupported = 10;  // MOSQ_ERR_SUCCESS, MOSQ_ERR_NOT_SUPPORTED
constexpr auto kSucceeded = [](int result) { return result == kSuccess; };

constinit TypedFunction<mosquitto* (*)(const char*, bool, void*)> next_new("mosquitto_new", "libmosquitto");
constinit TypedFunction<void (*)(mosquitto*)> next_destroy("mosquitto_destroy", "libmosquitto");
constinit TypedFunction<int (*)(mosquitto*, const char*, bool, void*)> next_reinitialise("mosquitto_reinitialise",
                                                                                         "libmosquitto");

/// Calls `next`, or says that there is no such function.
template <typename Function, typename... Arguments>
int Call(Function function, Arguments... arguments) {
  const InsideLibrary inside(function);
  return function != nullptr ? function(arguments...) : kNotSupported;
}

/// A connect in any of its forms: with a clean session what was subscribed before is gone.
template <typename Function, typename... Arguments>
int Connect(const MqttScope& scope, Function function, mosquitto* client, Arguments... arguments) {
  scope.Do([&](MqttClients& clients, StartFrame) { clients.Connects(client); });
  return Call(function, client, arguments...);
}

}  // namespace

#pragma GCC visibility push(default)
extern "C" {

mosquitto* mosquitto_new(const char* id, bool is_clean, void* user_data) {
  const MqttScope scope(MQTRACK_HOOK_FRAME);
  const auto function = next_new.For(__builtin_return_address(0));
  const InsideLibrary inside(function);
  mosquitto* client = function != nullptr ? function(id, is_clean, user_data) : nullptr;
  if (client != nullptr)
    scope.Do([&](MqttClients& clients, StartFrame caller) { clients.Created(client, id, is_clean, caller); });
  return client;
}

void mosquitto_destroy(mosquitto* client) {
  if (client != nullptr)
    MqttScope(MQTRACK_HOOK_FRAME).Do([&](MqttClients& clients, StartFrame) { clients.Ended(client); });
  const auto function = next_destroy.For(__builtin_return_address(0));
  const InsideLibrary inside(function);
  if (function != nullptr) function(client);
}

int mosquitto_reinitialise(mosquitto* client, const char* id, bool is_clean, void* user_data) {
  const MqttScope scope(MQTRACK_HOOK_FRAME);
  const int result = Call(next_reinitialise.For(__builtin_return_address(0)), client, id, is_clean, user_data);
  if (result == kSuccess)
    scope.Do([&](MqttClients& clients, StartFrame caller) { clients.Created(client, id, is_clean, caller); });
  return result;
}

// One hook for each form of connect.
#define MQTRACK_CONNECT(symbol, parameters, ...)                                         \
  int symbol parameters {                                                                \
    static constinit TypedFunction<int(*) parameters> next(#symbol, "libmosquitto");     \
    return Connect(MqttScope(MQTRACK_HOOK_FRAME), next.For(__builtin_return_address(0)), \
                   client __VA_OPT__(, ) __VA_ARGS__);                                   \
  }
MQTRACK_CONNECT(mosquitto_connect, (mosquitto * client, const char* host, int port, int keepalive), host, port,
                keepalive)
MQTRACK_CONNECT(mosquitto_connect_bind,
                (mosquitto * client, const char* host, int port, int keepalive, const char* address), host, port,
                keepalive, address)
MQTRACK_CONNECT(mosquitto_connect_bind_v5,
                (mosquitto * client, const char* host, int port, int keepalive, const char* address,
                 Properties properties),
                host, port, keepalive, address, properties)
MQTRACK_CONNECT(mosquitto_connect_async, (mosquitto * client, const char* host, int port, int keepalive), host, port,
                keepalive)
MQTRACK_CONNECT(mosquitto_connect_bind_async,
                (mosquitto * client, const char* host, int port, int keepalive, const char* address), host, port,
                keepalive, address)
MQTRACK_CONNECT(mosquitto_connect_srv, (mosquitto * client, const char* host, int keepalive, const char* address), host,
                keepalive, address)
MQTRACK_CONNECT(mosquitto_reconnect, (mosquitto * client))
MQTRACK_CONNECT(mosquitto_reconnect_async, (mosquitto * client))
#undef MQTRACK_CONNECT

// `way` is Subscribe or Unsubscribe; `filters` and `count` are what the parameters say.
#define MQTRACK_SUBSCRIBE(symbol, way, filters, count, parameters, ...)                       \
  int symbol parameters {                                                                     \
    static constinit TypedFunction<int(*) parameters> next(#symbol, "libmosquitto");          \
    const auto function = next.For(__builtin_return_address(0));                              \
    return MqttScope(MQTRACK_HOOK_FRAME)                                                      \
        .way(                                                                                 \
            client, filters, count, [&] { return Call(function, __VA_ARGS__); }, kSucceeded); \
  }
MQTRACK_SUBSCRIBE(mosquitto_subscribe, Subscribe, &filter, 1,
                  (mosquitto * client, int* message, const char* filter, int qos), client, message, filter, qos)
MQTRACK_SUBSCRIBE(mosquitto_subscribe_v5, Subscribe, &filter, 1,
                  (mosquitto * client, int* message, const char* filter, int qos, int options, Properties properties),
                  client, message, filter, qos, options, properties)
MQTRACK_SUBSCRIBE(mosquitto_subscribe_multiple, Subscribe, filters, count,
                  (mosquitto * client, int* message, int count, char* const* filters, int qos, int options,
                   Properties properties),
                  client, message, count, filters, qos, options, properties)
MQTRACK_SUBSCRIBE(mosquitto_unsubscribe, Unsubscribe, &filter, 1,
                  (mosquitto * client, int* message, const char* filter), client, message, filter)
MQTRACK_SUBSCRIBE(mosquitto_unsubscribe_v5, Unsubscribe, &filter, 1,
                  (mosquitto * client, int* message, const char* filter, Properties properties), client, message,
                  filter, properties)
MQTRACK_SUBSCRIBE(mosquitto_unsubscribe_multiple, Unsubscribe, filters, count,
                  (mosquitto * client, int* message, int count, char* const* filters, Properties properties), client,
                  message, count, filters, properties)
#undef MQTRACK_SUBSCRIBE

}  // extern "C"
#pragma GCC visibility pop
