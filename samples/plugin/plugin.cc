// A mosquitto plugin (interface version 5, mosquitto 2.0 and later) that remembers the last message. Everything here
// is right; whether memory leaks depends on which last_value_*.cc it is linked with.
//
// mosquitto.conf:
//   plugin build/release/samples/plugin/leaky_plugin.so
//   plugin_opt_leak_bytes 1024
//
// mosquitto calls all of these functions on its only thread.
#include <mosquitto.h>
#include <mosquitto_broker.h>
#include <mosquitto_plugin.h>

#include <charconv>
#include <cstddef>
#include <string_view>

#include "samples/plugin/last_value.h"

namespace {

constexpr std::size_t kDefaultBytes = 1024;
constexpr std::size_t kMostBytes = std::size_t{1} << 30;

std::size_t bytes_per_message = kDefaultBytes;
mosquitto_plugin_id_t* plugin_id = nullptr;

/// MOSQ_EVT_MESSAGE: a client has published something.
int OnMessage(int /*event*/, void* event_data, void* /*userdata*/) {
  const auto* message = static_cast<const mosquitto_evt_message*>(event_data);
  sample::RememberLastValue({static_cast<const char*>(message->payload), message->payloadlen}, bytes_per_message);
  return MOSQ_ERR_SUCCESS;
}

/// False if `text` is not a number of bytes that makes sense.
bool ParseBytes(std::string_view text, std::size_t& bytes) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), bytes);
  return error == std::errc{} && end == text.data() + text.size() && bytes > 0 && bytes <= kMostBytes;
}

}  // namespace

extern "C" {

mosq_plugin_EXPORT int mosquitto_plugin_version(int supported_version_count, const int* supported_versions) {
  for (int i = 0; i < supported_version_count; ++i) {
    if (supported_versions[i] == MOSQ_PLUGIN_VERSION) return MOSQ_PLUGIN_VERSION;
  }
  return -1;
}

mosq_plugin_EXPORT int mosquitto_plugin_init(mosquitto_plugin_id_t* identifier, void** /*userdata*/,
                                             mosquitto_opt* options, int option_count) {
  for (int i = 0; i < option_count; ++i) {
    if (std::string_view{options[i].key} != "leak_bytes") continue;
    if (!ParseBytes(options[i].value, bytes_per_message)) {
      mosquitto_log_printf(MOSQ_LOG_ERR,
                           "sample plugin: plugin_opt_leak_bytes is not a number from 1 to 1073741824: %s",
                           options[i].value);
      return MOSQ_ERR_INVAL;
    }
  }
  plugin_id = identifier;
  return mosquitto_callback_register(plugin_id, MOSQ_EVT_MESSAGE, OnMessage, nullptr, nullptr);
}

mosq_plugin_EXPORT int mosquitto_plugin_cleanup(void* /*userdata*/, mosquitto_opt* /*options*/, int /*option_count*/) {
  sample::ForgetLastValue();
  return mosquitto_callback_unregister(plugin_id, MOSQ_EVT_MESSAGE, OnMessage, nullptr);
}

}  // extern "C"
