// The leak is in a plugin that the service opens; the plugin stands in plugin_library.cc.
#include <dlfcn.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include "service/case.h"

namespace mqtrack::verdicts {
namespace {

using Filter = void (*)(const char* topic, std::size_t size);

Filter OpenPlugin() {
  void* const plugin = dlopen(MQTRACK_VERDICT_PLUGIN, RTLD_NOW | RTLD_LOCAL);
  if (plugin == nullptr) {
    std::fprintf(stderr, "verdict_service: %s\n", dlerror());
    std::exit(1);
  }
  return reinterpret_cast<Filter>(dlsym(plugin, "verdict_plugin_filter"));
}

void Ask(Client&, const Message& message) {
  static const Filter filter = OpenPlugin();
  filter(message.topic.data(), message.topic.size());
}

const Case kCase("plugin", {.on_publish = Ask});

}  // namespace
}  // namespace mqtrack::verdicts
