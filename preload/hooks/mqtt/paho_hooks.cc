// Eclipse Paho C, synchronous (MQTTClient_*) and asynchronous (MQTTAsync_*), on which Paho C++ sits too: clients and
// subscriptions. The library is never loaded by us.
#include "preload/hooks/mqtt/mqtt_scope.h"

using mqtrack::hooks::InsideLibrary;
using mqtrack::hooks::MqttScope;
using mqtrack::hooks::TypedFunction;
using mqtrack::recorder::MqttClients;
using mqtrack::recorder::StartFrame;

namespace {

using Client = void*;

/// MQTTResponse: what the functions of MQTT 5 return.
struct Response {
  int version;
  int reason;
  int reason_count;
  int* reasons;
  void* properties;
};

/// What every version of MQTTClient_connectOptions and MQTTAsync_connectOptions begins with.
struct ConnectOptions {
  char struct_id[4];
  int struct_version;
  int keepalive_seconds;
  int is_clean;
};

constexpr int kFailure = -1;  // MQTTCLIENT_FAILURE, MQTTASYNC_FAILURE
constexpr auto kSucceeded = [](int result) { return result == 0; };
/// A granted quality of service, or a reason code below the errors.
constexpr auto kResponded = [](const Response& response) { return response.reason >= 0 && response.reason < 0x80; };

template <typename Function, typename... Arguments>
int Call(Function function, Arguments... arguments) {
  const InsideLibrary inside(function);
  return function != nullptr ? function(arguments...) : kFailure;
}
template <typename Function, typename... Arguments>
Response Ask(Function function, Arguments... arguments) {
  const InsideLibrary inside(function);
  return function != nullptr ? function(arguments...) : Response{1, kFailure, 0, nullptr, nullptr};
}

/// Every client is taken to keep its session until it connects and says otherwise.
int NoteCreated(const MqttScope& scope, int result, const Client* client, const char* id) {
  if (result == 0 && client != nullptr && *client != nullptr)
    scope.Do([&](MqttClients& clients, StartFrame caller) { clients.Created(*client, id, false, caller); });
  return result;
}

void NoteConnect(const MqttScope& scope, Client client, const void* options) {
  if (client == nullptr || options == nullptr) return;
  const bool is_clean = static_cast<const ConnectOptions*>(options)->is_clean != 0;
  scope.Do([&](MqttClients& clients, StartFrame) { clients.Connects(client, is_clean); });
}

void NoteEnd(const MqttScope& scope, const Client* client) {
  if (client == nullptr || *client == nullptr) return;
  scope.Do([&](MqttClients& clients, StartFrame) { clients.Ended(*client); });
}

}  // namespace

#pragma GCC visibility push(default)
extern "C" {

#define MQTRACK_CREATE(symbol, parameters, ...)                                                      \
  int symbol parameters {                                                                            \
    static constinit TypedFunction<int(*) parameters> next(#symbol, "libpaho-mqtt3");                \
    const MqttScope scope(MQTRACK_HOOK_FRAME);                                                       \
    return NoteCreated(scope, Call(next.For(__builtin_return_address(0)), __VA_ARGS__), client, id); \
  }
MQTRACK_CREATE(MQTTClient_create, (Client * client, const char* uri, const char* id, int persistence, void* context),
               client, uri, id, persistence, context)
MQTRACK_CREATE(MQTTClient_createWithOptions,
               (Client * client, const char* uri, const char* id, int persistence, void* context, void* options),
               client, uri, id, persistence, context, options)
MQTRACK_CREATE(MQTTAsync_create, (Client * client, const char* uri, const char* id, int persistence, void* context),
               client, uri, id, persistence, context)
MQTRACK_CREATE(MQTTAsync_createWithOptions,
               (Client * client, const char* uri, const char* id, int persistence, void* context, void* options),
               client, uri, id, persistence, context, options)
#undef MQTRACK_CREATE

#define MQTRACK_DESTROY(symbol)                                                       \
  void symbol(Client* client) {                                                       \
    static constinit TypedFunction<void (*)(Client*)> next(#symbol, "libpaho-mqtt3"); \
    NoteEnd(MqttScope(MQTRACK_HOOK_FRAME), client);                                   \
    const auto function = next.For(__builtin_return_address(0));                      \
    const InsideLibrary inside(function);                                             \
    if (function != nullptr) function(client);                                        \
  }
MQTRACK_DESTROY(MQTTClient_destroy)
MQTRACK_DESTROY(MQTTAsync_destroy)
#undef MQTRACK_DESTROY

int MQTTClient_connect(Client client, void* options) {
  static constinit TypedFunction<int (*)(Client, void*)> next("MQTTClient_connect", "libpaho-mqtt3");
  NoteConnect(MqttScope(MQTRACK_HOOK_FRAME), client, options);
  return Call(next.For(__builtin_return_address(0)), client, options);
}
Response MQTTClient_connect5(Client client, void* options, void* properties, void* will_properties) {
  static constinit TypedFunction<Response (*)(Client, void*, void*, void*)> next("MQTTClient_connect5",
                                                                                 "libpaho-mqtt3");
  NoteConnect(MqttScope(MQTRACK_HOOK_FRAME), client, options);
  return Ask(next.For(__builtin_return_address(0)), client, options, properties, will_properties);
}
int MQTTAsync_connect(Client client, const void* options) {
  static constinit TypedFunction<int (*)(Client, const void*)> next("MQTTAsync_connect", "libpaho-mqtt3");
  NoteConnect(MqttScope(MQTRACK_HOOK_FRAME), client, options);
  return Call(next.For(__builtin_return_address(0)), client, options);
}

// `type` and `how` are int and Call, or Response and Ask; `way` is Subscribe or Unsubscribe.
#define MQTRACK_SUBSCRIBE(type, how, succeeded, symbol, way, filters, count, parameters, ...) \
  type symbol parameters {                                                                    \
    static constinit TypedFunction<type(*) parameters> next(#symbol, "libpaho-mqtt3");        \
    const auto function = next.For(__builtin_return_address(0));                              \
    return MqttScope(MQTRACK_HOOK_FRAME)                                                      \
        .way(                                                                                 \
            client, filters, count, [&] { return how(function, __VA_ARGS__); }, succeeded);   \
  }
#define MQTRACK_PLAIN(...) MQTRACK_SUBSCRIBE(int, Call, kSucceeded, __VA_ARGS__)
#define MQTRACK_MQTT5(...) MQTRACK_SUBSCRIBE(Response, Ask, kResponded, __VA_ARGS__)
MQTRACK_PLAIN(MQTTClient_subscribe, Subscribe, &filter, 1, (Client client, const char* filter, int qos), client, filter,
              qos)
MQTRACK_PLAIN(MQTTClient_subscribeMany, Subscribe, filters, count,
              (Client client, int count, char* const* filters, int* qos), client, count, filters, qos)
MQTRACK_PLAIN(MQTTClient_unsubscribe, Unsubscribe, &filter, 1, (Client client, const char* filter), client, filter)
MQTRACK_PLAIN(MQTTClient_unsubscribeMany, Unsubscribe, filters, count, (Client client, int count, char* const* filters),
              client, count, filters)
MQTRACK_MQTT5(MQTTClient_subscribe5, Subscribe, &filter, 1,
              (Client client, const char* filter, int qos, void* options, void* properties), client, filter, qos,
              options, properties)
MQTRACK_MQTT5(MQTTClient_subscribeMany5, Subscribe, filters, count,
              (Client client, int count, char* const* filters, int* qos, void* options, void* properties), client,
              count, filters, qos, options, properties)
MQTRACK_MQTT5(MQTTClient_unsubscribe5, Unsubscribe, &filter, 1, (Client client, const char* filter, void* properties),
              client, filter, properties)
MQTRACK_MQTT5(MQTTClient_unsubscribeMany5, Unsubscribe, filters, count,
              (Client client, int count, char* const* filters, void* properties), client, count, filters, properties)
MQTRACK_PLAIN(MQTTAsync_subscribe, Subscribe, &filter, 1, (Client client, const char* filter, int qos, void* response),
              client, filter, qos, response)
MQTRACK_PLAIN(MQTTAsync_subscribeMany, Subscribe, filters, count,
              (Client client, int count, char* const* filters, const int* qos, void* response), client, count, filters,
              qos, response)
MQTRACK_PLAIN(MQTTAsync_unsubscribe, Unsubscribe, &filter, 1, (Client client, const char* filter, void* response),
              client, filter, response)
MQTRACK_PLAIN(MQTTAsync_unsubscribeMany, Unsubscribe, filters, count,
              (Client client, int count, char* const* filters, void* response), client, count, filters, response)
#undef MQTRACK_MQTT5
#undef MQTRACK_PLAIN
#undef MQTRACK_SUBSCRIBE

}  // extern "C"
#pragma GCC visibility pop
