#include "libtrack/timeline/timeline_sink.h"

#include <array>
#include <cstddef>

namespace mqtrack::timeline {

const char* SubjectName(Subject subject) {
  static constexpr std::array kNames = {"packet",     "wait", "region", "sent",       "thread",
                                        "connection", "heap", "timer",  "generation", "loss"};
  return kNames.at(static_cast<std::size_t>(subject));
}

}  // namespace mqtrack::timeline
