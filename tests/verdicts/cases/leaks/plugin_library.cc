// A plugin that keeps something for each message.
#include <cstddef>
#include <forward_list>
#include <string>

namespace {

std::forward_list<std::string> kept;

[[gnu::noinline]] void PluginKeepMessage(const char* topic, std::size_t size) {
  kept.emplace_front("the plugin has let pass ").append(topic, size);
}

}  // namespace

extern "C" [[gnu::visibility("default")]] void verdict_plugin_filter(const char* topic, std::size_t size) {
  PluginKeepMessage(topic, size);
}
