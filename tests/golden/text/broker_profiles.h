// Two snapshots of a broker as the goldens show them: retained messages leak, a C++ plugin's queue grows, and the usual
// comes and goes. Names that try to break out of each format are among them.
#pragma once

#include "tests/unit/analysis/profile_builder.h"

namespace mqtrack::testing {

inline const Frames kRetain = {"malloc",
                               "mosquitto__calloc src/memory_mosq.c:75",
                               "retain__add_hier_entry src/retain.c:51 <inlined",
                               "retain__store src/retain.c:123",
                               "handle__publish src/handle_publish.c:301",
                               "main src/mosquitto.c:590"};
inline const Frames kQueue = {
    "operator new",
    "telemetry::BoundedQueue<std::pair<std::string, telemetry::Reading>, telemetry::DropOldest<16384>>::Push "
    "/home/build/telemetry/src/bounded_queue.h:88",
    "on_message /home/build/telemetry/src/plugin.cc:41", "main src/mosquitto.c:590"};
inline const Frames kHostile = {"malloc", "<script>alert('|`%')</script>\033[31m hostile,file.c:7",
                                "main src/mosquitto.c:590"};
inline const Frames kStripped = {"malloc", "?", "main src/mosquitto.c:590"};
inline const Frames kSession = {"calloc", "context__init src/context.c:37", "main src/mosquitto.c:590"};
inline const Frames kStable = {"malloc", "config__read src/conf.c:700", "main src/mosquitto.c:590"};
inline const Frames kThread = {"pthread_create", "mosquitto_loop_start lib/thread_mosq.c:40"};

inline ProfileBuilder BrokerBefore() {
  ProfileBuilder profile(0x400000);
  profile.Time(1'700'000'000).Fact("target", "mosquitto (pid 4711)").Fact("losses", "0");
  profile.Heap(kRetain, 100, 17'800).Heap(kQueue, 8, 4096).Heap(kSession, 12, 8064).Heap(kStable, 40, 46'000);
  return profile.Add(kThread, {{"threads", 1}});
}

inline ProfileBuilder BrokerAfter() {
  ProfileBuilder profile(0x7f5500000000);
  profile.Time(1'700'000'912).Fact("target", "mosquitto (pid 4711)").Fact("losses", "0");
  profile.Heap(kRetain, 25'100, 4'467'800).Heap(kQueue, 72, 40'960).Heap(kSession, 10, 6720).Heap(kStable, 40, 46'000);
  profile.Heap(kHostile, 1, 77).Heap(kStripped, 3, 300);
  profile.Add(kThread, {{"threads", 2}}, {{"stack_size", "8MiB", 0, ""}, {"state", "exited_unjoined", 0, ""}});
  return profile.Add(kThread, {{"threads", 2}}, {{"stack_size", "8MiB", 0, ""}, {"state", "running", 0, ""}});
}

}  // namespace mqtrack::testing
